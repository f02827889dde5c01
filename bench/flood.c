/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flood: how long one member's line waits while others flood a room.
 *
 *     flood [-n FLOODERS] [-s SECONDS] [-b KIND] COMMAND [WORD]...    PORT becomes a free port
 *
 * Starts a listener, for instance `tcpchat listen --chat --rate 0 127.0.0.1 PORT`. Some peers write
 * as fast as it takes it and read all that they hear; one reads only; one says a numbered line, and
 * the next when the reader has it. KIND is the flooders' line:
 *
 *     nul     1000 NULs             rtl     300 characters of U+202E
 *     mixed   500 NUL and SOH       empty   an LF alone
 *     text    100 letters
 *
 * Prints the number of lines that arrived and their delays: median, 99 of 100, most. Ends with 1
 * where none arrived, or one that has not arrived is older than all that have. (Linux.) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FLOODERS = 100, CHUNK = 64 * 1024, LINES = 100000, WORDS = 64 };

/* The peers: the reader, the speaker, the flooders. */
enum { READER, SPEAKER, FIRST_FLOODER };

static struct pollfd peers[FIRST_FLOODER + FLOODERS];
static size_t written[FIRST_FLOODER + FLOODERS]; /* of the current chunk */
static char chunk[CHUNK + 1024];                 /* of flooders' lines */
static size_t chunk_size;
static double delays[LINES];
static int arrived;
static double said_at; /* 0: no line is under way */
static pid_t listener;

static void die(const char *what)
{
    perror(what);
    if (listener > 0)
        kill(listener, SIGKILL);
    exit(1);
}

static int check(int result, const char *what)
{
    if (result < 0)
        die(what);
    return result;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- the listener ---- */

static struct sockaddr_in address_of(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int free_port(void)
{
    int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
    struct sockaddr_in address = address_of(0);
    socklen_t size = sizeof address;

    check(bind(fd, (struct sockaddr *)&address, size), "bind");
    check(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    close(fd);
    return ntohs(address.sin_port);
}

/* Its standard input stays open and silent. */
static void become_listener(char **command, int port, int input)
{
    char *words[WORDS + 1] = {0}, number[16];
    int null = open("/dev/null", O_RDWR);

    snprintf(number, sizeof number, "%d", port);
    for (int i = 0; i < WORDS && command[i]; i++)
        words[i] = strcmp(command[i], "PORT") ? command[i] : number;
    dup2(input, 0);
    dup2(null, 1);
    execvp(words[0], words);
    _exit(127);
}

static int start_listener(char **command)
{
    int port = free_port(), input[2];

    check(pipe2(input, O_CLOEXEC), "pipe");
    listener = check(fork(), "fork");
    if (!listener)
        become_listener(command, port, input[0]);
    close(input[0]);
    return port;
}

/* ---- the peers ---- */

static int call(int port)
{
    struct sockaddr_in address = address_of(port);
    int fd, on = 1;

    for (;;) {
        fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            break;
        close(fd);
        if (waitpid(listener, NULL, WNOHANG) == listener)
            die("the listener has ended");
        usleep(1000);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    check(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
    return fd;
}

static void fill_chunk(const char *kind)
{
    char line[1024];
    size_t n = 0;

    for (int i = 0; !strcmp(kind, "nul") && i < 1000; i++)
        line[n++] = '\0';
    for (int i = 0; !strcmp(kind, "mixed") && i < 1000; i++)
        line[n++] = (char)(i % 2);
    for (int i = 0; !strcmp(kind, "text") && i < 100; i++)
        line[n++] = 'x';
    for (int i = 0; !strcmp(kind, "rtl") && i < 300; i++, n += 3)
        memcpy(line + n, i % 2 ? "\xE2\x80\xAE" : "\xE2\x80\xAB", 3);
    line[n++] = '\n';
    for (; chunk_size + n <= CHUNK; chunk_size += n)
        memcpy(chunk + chunk_size, line, n);
}

static void speak(void)
{
    char line[32];
    int n = snprintf(line, sizeof line, "@%d=\n", arrived);

    if (said_at)
        return;
    said_at = now();
    if (write(peers[SPEAKER].fd, line, (size_t)n) != n)
        die("the speaker");
}

/* A line may come in two reads: the reader keeps the last bytes. */
static void look_for_line(const char *bytes, size_t n)
{
    static char kept[CHUNK + 64];
    static size_t length;
    char line[32];

    memcpy(kept + length, bytes, n);
    length += n;
    snprintf(line, sizeof line, "@%d=", arrived);
    if (said_at && arrived < LINES && memmem(kept, length, line, strlen(line))) {
        delays[arrived++] = now() - said_at;
        said_at = 0;
        length = 0;
    }
    if (length > 32) {
        memmove(kept, kept + length - 32, 32);
        length = 32;
    }
}

static void hear(int peer)
{
    static char bytes[CHUNK];
    ssize_t got = read(peers[peer].fd, bytes, sizeof bytes);

    if (got == 0)
        die("a peer was cut");
    if (got > 0 && peer == READER)
        look_for_line(bytes, (size_t)got);
}

static void flood(int peer)
{
    ssize_t put = write(peers[peer].fd, chunk + written[peer], chunk_size - written[peer]);

    if (put > 0)
        written[peer] = (written[peer] + (size_t)put) % chunk_size;
}

static void run(int flooders, double seconds)
{
    double end = now() + seconds;
    int count = FIRST_FLOODER + flooders;

    while (now() < end) {
        speak();
        check(poll(peers, (nfds_t)count, 100), "poll");
        for (int i = 0; i < count; i++) {
            if (peers[i].revents & POLLIN)
                hear(i);
            if (peers[i].revents & POLLOUT)
                flood(i);
        }
    }
}

/* ---- results ---- */

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

static int report(void)
{
    double open = said_at ? now() - said_at : 0;

    kill(listener, SIGTERM);
    waitpid(listener, NULL, 0);
    if (!arrived) {
        printf("no line arrived in %.2f s\n", open);
        return 1;
    }
    qsort(delays, (size_t)arrived, sizeof *delays, compare);
    printf("%d lines: median %.1f ms, 99 of 100 %.1f ms, most %.1f ms; the open one %.1f ms\n",
           arrived, delays[arrived / 2] * 1e3, delays[arrived * 99 / 100] * 1e3,
           delays[arrived - 1] * 1e3, open * 1e3);
    return open > delays[arrived - 1] + 0.1;
}

static int usage(void)
{
    fputs("usage: flood [-n FLOODERS] [-s SECONDS] [-b nul|mixed|rtl|empty|text] COMMAND "
          "[WORD]...\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *kind = "nul";
    double seconds = 5;
    int flooders = 3, letter, port;

    while ((letter = getopt(argc, argv, "+n:s:b:")) != -1)
        switch (letter) {
        case 'n': flooders = atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'b': kind = optarg; break;
        default: return usage();
        }
    if (optind == argc || flooders < 0 || flooders > FLOODERS)
        return usage();
    signal(SIGPIPE, SIG_IGN);
    fill_chunk(kind);
    port = start_listener(argv + optind);
    for (int i = 0; i < FIRST_FLOODER + flooders; i++)
        peers[i] = (struct pollfd){.fd = call(port),
                                   .events = (short)(POLLIN | (i < FIRST_FLOODER ? 0 : POLLOUT))};
    run(flooders, seconds);
    return report();
}
