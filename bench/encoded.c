/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encoded: the speed of a text file on its way to a peer that speaks GBK.
 *
 * Each pipeline of a shell sends the file to this program, which drops all bytes inside the kernel.
 * The pipelines take turns in every round. The medians are printed, with the speed relative to the
 * first one. Without a FILE, the text is made of common hanzi in lines of 40.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

enum { ROUNDS = 9, MIB = 1 << 20, PIPELINES = 4 };

static const struct {
    const char *name, *shell; /* in the shell: TCPCHAT, FILE and PORT are variables */
} pipelines[PIPELINES] = {
    {"iconv | nc -N", "iconv -f utf-8 -t gbk \"$FILE\" | nc.openbsd -N 127.0.0.1 $PORT"},
    {"iconv | ncat", "iconv -f utf-8 -t gbk \"$FILE\" | ncat --send-only 127.0.0.1 $PORT"},
    {"tcpchat -e gbk", "exec \"$TCPCHAT\" connect -e gbk --send-only 127.0.0.1 $PORT <\"$FILE\""},
    {"tcpchat, bytes", "exec \"$TCPCHAT\" connect --send-only 127.0.0.1 $PORT <\"$FILE\""},
};

/* Writes `size` bytes of hanzi U+4E00 to U+7FFF, all of which GBK has. */
static void make_text(const char *path, long size)
{
    FILE *file = fopen(path, "we");

    check(file ? 0 : -1, path);
    srand(1);
    for (long n = 0; n < size; n += 3) {
        int scalar = 0x4E00 + rand() % 0x3200;

        if (n % 123 == 120) {
            fputs("。\n", file);
            continue;
        }
        putc(0xE0 | scalar >> 12, file);
        putc(0x80 | (scalar >> 6 & 0x3F), file);
        putc(0x80 | (scalar & 0x3F), file);
    }
    check(fclose(file), path);
}

/* Seconds, or -1 after a failure. */
static double time_pipeline(const char *shell)
{
    static char nothing[MIB];
    int port, listener = bound_socket(&port), connection, status;
    char number[8];
    double begin;
    pid_t pid;
    ssize_t n;

    check(listen(listener, 1), "listen");
    snprintf(number, sizeof number, "%d", port);
    begin = now();
    pid = check(fork(), "fork");
    if (pid == 0) {
        setenv("PORT", number, 1);
        execl("/bin/sh", "sh", "-c", shell, (char *)NULL);
        _exit(127);
    }
    connection = check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
    while ((n = recv(connection, nothing, sizeof nothing, MSG_TRUNC)) > 0)
        ;
    begin = now() - begin;
    close(connection);
    close(listener);
    check(waitpid(pid, &status, 0), "waitpid");
    return status == 0 && n == 0 ? begin : -1;
}

static void print_table(double seconds[PIPELINES][ROUNDS], double size)
{
    for (int p = 0; p < PIPELINES; p++)
        qsort(seconds[p], ROUNDS, sizeof(double), compare_doubles);
    for (int p = 0; p < PIPELINES; p++) {
        double s = seconds[p][ROUNDS / 2];

        if (seconds[p][0] < 0)
            printf("%-16s failed\n", pipelines[p].name);
        else
            printf("%-16s %8.1f MB/s %6.2fx\n", pipelines[p].name, size / s / 1e6,
                   seconds[0][ROUNDS / 2] / s);
    }
}

int main(int argc, char **argv)
{
    static double seconds[PIPELINES][ROUNDS];
    char made[] = "/tmp/encoded-XXXXXX";
    struct stat file;

    if (argc < 2 || argc > 3) {
        fputs("usage: encoded TCPCHAT [FILE]\n", stderr);
        return 2;
    }
    if (argc == 2) {
        close(check(mkstemp(made), made));
        make_text(made, 128L * MIB);
    }
    setenv("TCPCHAT", argv[1], 1);
    setenv("FILE", argc == 3 ? argv[2] : made, 1);
    check(stat(getenv("FILE"), &file), getenv("FILE"));
    for (int round = 0; round < ROUNDS; round++)
        for (int p = 0; p < PIPELINES; p++)
            seconds[p][round] = time_pipeline(pipelines[p].shell);
    print_table(seconds, (double)file.st_size);
    return argc == 2 ? unlink(made) : 0;
}
