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
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum { FLOODERS = 100, CHUNK = 64 * 1024, LINES = 100000 };

/* The peers: the reader, the speaker, the flooders. */
enum { READER, SPEAKER, FIRST_FLOODER };

static struct pollfd peers[FIRST_FLOODER + FLOODERS];
static size_t written[FIRST_FLOODER + FLOODERS]; /* of the current chunk */
static char chunk[CHUNK + 1024];                 /* of flooders' lines */
static size_t chunk_size;
static double delays[LINES];
static int arrived;
static double said_at; /* 0: no line is under way */

/* ---- the listener and the peers ---- */

/* Its standard input stays open and silent. */
static int start_listener(char **command)
{
    int port, input[2], null = check(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");

    check(pipe2(input, O_CLOEXEC), "pipe");
    listener_start(command, input[0], null, STDERR_FILENO, &port);
    close(input[0]);
    return port;
}

static int call_at_once(int port)
{
    int fd = call(port), on = 1;

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
        die("the speaker cannot write");
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

static int report(void)
{
    double open = said_at ? now() - said_at : 0;

    listener_stop();
    if (!arrived) {
        printf("no line arrived in %.2f s\n", open);
        return 1;
    }
    qsort(delays, (size_t)arrived, sizeof *delays, compare_doubles);
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
        peers[i] = (struct pollfd){.fd = call_at_once(port),
                                   .events = (short)(POLLIN | (i < FIRST_FLOODER ? 0 : POLLOUT))};
    run(flooders, seconds);
    return report();
}
