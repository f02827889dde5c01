/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bulk: the speed of the netcats of this machine.
 *
 * Each tool sends to a target and receives from a source. Both are in this program, so the tool is
 * measured alone. Then the tool talks with itself. Then it is refused, which measures its start.
 * The tools take turns in every round. The medians are printed, with the speed relative to tcpchat.
 * The source sends the same pages again and again, and the target drops all bytes inside the
 * kernel, so that nearly all of the time is the tool's. (Linux: vmsplice, MSG_TRUNC, /proc.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

enum { BLOCK = 1 << 20, ROUNDS = 99, WORDS = 8, PATIENCE = 30 };

struct tool {
    const char *name;
    const char *listen[WORDS];  /* PORT becomes the port */
    const char *connect[WORDS]; /* likewise */
};

static struct tool tools[] = {
    {"tcpchat",
     {"tcpchat", "listen", "127.0.0.1", "PORT"},
     {"tcpchat", "connect", "127.0.0.1", "PORT"}},
    {"ncat", {"ncat", "-l", "127.0.0.1", "PORT"}, {"ncat", "127.0.0.1", "PORT"}},
    {"nc.openbsd -N",
     {"nc.openbsd", "-N", "-l", "127.0.0.1", "PORT"},
     {"nc.openbsd", "-N", "127.0.0.1", "PORT"}},
    {"socat -u",
     {"socat", "-u", "TCP-LISTEN:PORT,bind=127.0.0.1", "-"},
     {"socat", "-u", "-", "TCP:127.0.0.1:PORT"}},
    {"socat -u -b 131072",
     {"socat", "-u", "-b", "131072", "TCP-LISTEN:PORT,bind=127.0.0.1", "-"},
     {"socat", "-u", "-b", "131072", "-", "TCP:127.0.0.1:PORT"}},
};
enum { TOOLS = sizeof tools / sizeof *tools };
static bool is_there[TOOLS];

static long long amount = 1024LL << 20;
static int null;

/* Processes. SIGALRM ends a process that takes longer than PATIENCE. */

static pid_t child(void)
{
    pid_t pid = check(fork(), "fork");
    if (pid == 0)
        alarm(PATIENCE);
    return pid;
}

static const char *with_port(const char *word, int port)
{
    const char *place = strstr(word, "PORT");
    static char text[WORDS][64];
    static int next;
    if (!place)
        return word;
    char *made = text[next++ % WORDS];
    snprintf(made, sizeof *text, "%.*s%d%s", (int)(place - word), word, port, place + 4);
    return made;
}

static pid_t start(const char *const words[], int port, int in, int out)
{
    char *argv[WORDS + 1] = {0};
    for (int i = 0; i < WORDS && words[i]; i++)
        argv[i] = (char *)with_port(words[i], port);
    pid_t pid = child();
    if (pid)
        return pid;
    dup2(in, 0);
    dup2(out, 1);
    dup2(null, 2);
    execvp(argv[0], argv);
    _exit(127);
}

static bool ended_well(pid_t pid)
{
    int status;
    check(waitpid(pid, &status, 0), "waitpid");
    return status == 0;
}

/* Starts a listening tool and waits until it listens; -1 if it ends instead. */
static pid_t start_listener(const struct tool *tool, int port)
{
    pid_t pid = start(tool->listen, port, null, null);
    while (!is_listening(port)) {
        if (waitpid(pid, NULL, WNOHANG) == pid)
            return -1;
        usleep(500);
    }
    return pid;
}

/* The source and the target. */

static void pour(int stdio_session_end)
{
    static char block[BLOCK];
    for (long long left = amount; left > 0;) {
        struct iovec part = {block, left < BLOCK ? (size_t)left : BLOCK};
        ssize_t n = vmsplice(stdio_session_end, &part, 1, 0);
        if (n <= 0)
            return;
        left -= n;
    }
}

/* A pipe that another process fills with `amount` bytes. */
static int source(pid_t *pid)
{
    int ends[2];
    check(pipe2(ends, O_CLOEXEC), "pipe");
    *pid = child();
    if (*pid == 0) {
        close(ends[0]);
        pour(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static long long drain(int connection)
{
    static char nothing[BLOCK];
    long long sum = 0;
    ssize_t n;
    while ((n = recv(connection, nothing, sizeof nothing, MSG_TRUNC)) > 0)
        sum += n;
    return sum;
}

/* The measures: seconds, or -1 after a failure. */

static double time_sender(const struct tool *tool)
{
    int port, listener = bound_socket(&port);
    pid_t filler;
    int in = source(&filler);
    check(listen(listener, 1), "listen");

    double begin = now();
    pid_t pid = start(tool->connect, port, in, null);
    close(in);
    struct timeval patience = {PATIENCE, 0};
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    long long received = connection < 0 ? 0 : drain(connection);
    double seconds = now() - begin;

    close(connection);
    close(listener);
    bool well = ended_well(pid);
    ended_well(filler);
    return well && received == amount ? seconds : -1;
}

static double time_receiver(const struct tool *tool)
{
    int port = free_port();
    pid_t filler, pid = start_listener(tool, port);
    if (pid < 0)
        return -1;
    int in = source(&filler), connection = call(port);
    fcntl(in, F_SETPIPE_SZ, BLOCK);

    double begin = now();
    while (splice(in, NULL, connection, NULL, BLOCK, SPLICE_F_MORE) > 0)
        ;
    shutdown(connection, SHUT_WR);
    close(in);
    bool well = ended_well(pid);
    double seconds = now() - begin;

    close(connection);
    return ended_well(filler) && well ? seconds : -1;
}

static double time_pair(const struct tool *tool)
{
    int port = free_port();
    pid_t filler, receiver = start_listener(tool, port);
    if (receiver < 0)
        return -1;
    int in = source(&filler);

    double begin = now();
    pid_t sender = start(tool->connect, port, in, null);
    close(in);
    bool well = ended_well(receiver);
    double seconds = now() - begin;

    well = ended_well(sender) && well;
    return ended_well(filler) && well ? seconds : -1;
}

static double time_refusal(const struct tool *tool)
{
    int port, silent = bound_socket(&port);
    double begin = now();
    pid_t pid = start(tool->connect, port, null, null);
    int status;
    check(waitpid(pid, &status, 0), "waitpid");
    double seconds = now() - begin;
    close(silent);
    return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? seconds : -1;
}

static double (*const measures[])(const struct tool *) = {time_sender, time_receiver, time_pair,
                                                          time_refusal};
enum { REFUSAL = 3, MEASURES = 4, REFUSALS = 10 };

/* Short measures are repeated more often. */
static int repeats(int measure)
{
    return measure == REFUSAL ? REFUSALS : 1;
}

/* Rounds and the table. */

static double seconds[TOOLS][MEASURES][ROUNDS * REFUSALS];

/* The median of n durations; -1 if one of them failed. */
static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    return values[0] < 0 ? -1 : values[n / 2];
}

static void run_round(int round)
{
    for (int m = 0; m < MEASURES; m++)
        for (int i = 0; i < repeats(m); i++)
            for (int t = 0; t < TOOLS; t++)
                if (is_there[t])
                    seconds[t][m][round * repeats(m) + i] = measures[m](&tools[t]);
}

static void print_table(int rounds)
{
    double first[MEASURES];
    printf("%lld MiB over loopback, median of %d rounds; x is the speed relative to tcpchat\n\n",
           amount >> 20, rounds);
    printf("%-20s%19s%19s%19s%19s\n", "", "as sender", "as receiver", "both ends", "refused after");
    for (int t = 0; t < TOOLS; t++) {
        if (!is_there[t])
            continue;
        printf("%-20s", tools[t].name);
        for (int m = 0; m < MEASURES; m++) {
            double s = median(seconds[t][m], rounds * repeats(m));
            if (t == 0)
                first[m] = s > 0 ? s : 0;
            if (s < 0)
                printf("%19s", "failed");
            else if (m == REFUSAL)
                printf("%8.2f ms %6.2fx", s * 1e3, first[m] / s);
            else
                printf("%6.2f GiB/s %5.2fx", (double)amount / s / (1 << 30), first[m] / s);
        }
        printf("\n");
    }
}

static int usage(void)
{
    fputs("usage: bulk [-m MIB] [-t SECONDS] TCPCHAT\n"
          "Sends MIB (1024) mebibytes at a time; stops when another round would exceed SECONDS "
          "(75).\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    double limit = 75, begin = now(), longest = 0;
    int option, rounds = 0;
    while ((option = getopt(argc, argv, "m:t:")) != -1) {
        if (option == 'm')
            amount = atoll(optarg) << 20;
        else if (option == 't')
            limit = atof(optarg);
        else
            return usage();
    }
    if (optind + 1 != argc || amount <= 0)
        return usage();
    tools[0].listen[0] = tools[0].connect[0] = argv[optind];
    null = check(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
    signal(SIGPIPE, SIG_IGN);
    for (int t = 0; t < TOOLS; t++)
        is_there[t] = time_refusal(&tools[t]) > 0;

    while (rounds < ROUNDS && (rounds == 0 || now() - begin + longest < limit)) {
        double round_begin = now();
        run_round(rounds++);
        if (now() - round_begin > longest)
            longest = now() - round_begin;
    }
    print_table(rounds);
    return 0;
}
