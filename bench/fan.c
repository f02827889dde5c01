/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fan: how fast a program passes the lines of one peer on to all others.
 *
 *     fan [-n PEERS] [-f IN_FLIGHT] [-t SECONDS] [-k KIND] [-e CHARSET] COMMAND...
 *
 * Starts the command (PORT in it becomes a free port), connects the peers and one that speaks, and
 * prints
 *
 *     connections accepted a second, until the program has all of them open
 *     its memory for an idle peer, in KiB
 *     deliveries a second, while so many lines are on their way to all; 0: nobody speaks
 *     its time of the processor for a delivery, in us
 *
 * KIND `text` sends lines, `redis` is publish and subscribe. With -e each second peer asks tcpchat
 * for that charset first. The bytes of one line are counted at each peer before the others are
 * said: in the end each has a multiple of them. (Linux: epoll, /proc.) */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

enum {
    CHUNK = 256 * 1024,
    EVENTS = 512,
    IN_FLIGHT_MOST = 128,
    LINE = 100,
    PENDING = 500, /* connections that are not accepted yet */
};

static const double PATIENCE = 60, QUIET = 1.3, WARM_UP = 0.3;

struct peer {
    int fd;
    uint64_t bytes; /* of lines */
    uint64_t unit;  /* bytes of one line; 0: not known yet */
    uint64_t had;   /* lines */
};

static int peers_wanted = 1000, in_flight = 1;
static double seconds = 2;
static bool is_redis;
static const char *charset;
static char **command;

static struct peer *peers; /* the last one speaks */
static int epoll, port;
static pid_t pid;
static double last_read;

/* Lines on their way: `said` by the speaker, `complete` at all; how many had each of the others. */
static uint64_t said, complete, delivered;
static int at[IN_FLIGHT_MOST];

/* ---- the program ---- */

/* Since Linux 6.2 the size of the folder. */
static long open_files(void)
{
    struct stat status;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    if (listener_has_ended(NULL) || stat(path, &status) < 0)
        die("the program ended");
    if (!status.st_size)
        die("this needs Linux 6.2");
    return status.st_size;
}

/* ---- connections ---- */

static void call_peer(int i)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};

    peers[i].fd = peer_socket((unsigned)i);
    begin_call(peers[i].fd, port);
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].fd, &event), "epoll_ctl");
}

static void count_lines(struct peer *peer)
{
    for (; peer->unit && peer->bytes >= (peer->had + 1) * peer->unit; delivered++)
        at[peer->had++ % IN_FLIGHT_MOST]++;
    for (; complete < said && at[complete % IN_FLIGHT_MOST] == peers_wanted; complete++)
        at[complete % IN_FLIGHT_MOST] = 0;
}

static void hear(struct peer *peer)
{
    static char bytes[CHUNK];
    ssize_t got = recv(peer->fd, bytes, sizeof bytes, 0);

    if (got < 0 && (errno == EAGAIN || errno == ENOTCONN))
        return;
    if (got <= 0)
        die("a peer lost its connection");
    if (peer == &peers[peers_wanted])
        return;
    peer->bytes += (uint64_t)got;
    count_lines(peer);
}

static void turn(int ms)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll, events, EVENTS, ms);

    for (int i = 0; i < n; i++)
        hear(events[i].data.ptr);
    if (n > 0)
        last_read = now();
}

static void be_quiet(double pause)
{
    double end = now() + PATIENCE;

    for (last_read = now(); now() < last_read + pause;) {
        turn(10);
        if (now() > end)
            die("it does not come to rest");
    }
}

/* Returns the connections a second. */
static double connect_all(void)
{
    long before = open_files(), open;
    int wanted = peers_wanted + 1, called = 0;
    double begin = now();

    while ((open = open_files() - before) < wanted) {
        while (called < wanted && called - open < PENDING)
            call_peer(called++);
        turn(0);
        if (now() > begin + PATIENCE)
            die("it does not accept all");
    }
    return wanted / (now() - begin);
}

static void send_to(const struct peer *peer, const char *bytes, size_t n)
{
    while (n) {
        ssize_t put = send(peer->fd, bytes, n, MSG_NOSIGNAL);

        if (put < 0 && errno != EAGAIN)
            die("send");
        bytes += put > 0 ? put : 0;
        n -= put > 0 ? (size_t)put : 0;
        if (n)
            turn(1);
    }
}

static void introduce_all(void)
{
    char ask[64];
    int n = is_redis  ? sprintf(ask, "SUBSCRIBE c\r\n")
            : charset ? snprintf(ask, sizeof ask, "/encoding %s\n", charset)
                      : 0;

    for (int i = 0; i < peers_wanted && n; i += charset ? 2 : 1)
        send_to(&peers[i], ask, (size_t)n);
}

/* ---- lines ---- */

static void say(int count)
{
    static const char piece[] = "你好世界 one two ";
    char text[LINE] = "", all[IN_FLIGHT_MOST * 2 * LINE];
    size_t n = 0;

    while (strlen(text) + strlen(piece) < LINE)
        strcat(text, piece);
    memset(text + strlen(text), '.', LINE - 1 - strlen(text));
    for (int i = 0; i < count; i++)
        n += (size_t)sprintf(
            all + n, is_redis ? "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$99\r\n%.99s\r\n" : "%.99s\n",
            text);
    said += (uint64_t)count;
    send_to(&peers[peers_wanted], all, n);
}

static void learn_units(void)
{
    for (int i = 0; i < peers_wanted; i++)
        peers[i].bytes = 0;
    say(1);
    be_quiet(QUIET);
    for (int i = 0; i < peers_wanted; i++) {
        peers[i].unit = peers[i].bytes;
        if (!peers[i].unit)
            die("a line did not arrive");
        count_lines(&peers[i]);
    }
}

static void check_units(void)
{
    for (double end = now() + PATIENCE; complete < said && now() < end;)
        turn(10);
    be_quiet(0.1);
    for (int i = 0; i < peers_wanted; i++)
        if (peers[i].bytes != said * peers[i].unit)
            die("lines were lost or changed");
}

static void talk_for(double time)
{
    for (double end = now() + time; now() < end; turn(1))
        if (said - complete < (uint64_t)in_flight)
            say(in_flight - (int)(said - complete));
}

static void talk(void)
{
    uint64_t before;
    double begin, cpu, count, time;

    learn_units();
    talk_for(WARM_UP);
    before = delivered;
    cpu = cpu_seconds(pid);
    begin = now();
    talk_for(seconds);
    time = now() - begin;
    count = (double)(delivered - before);
    printf(" %.0f %.3f", count / time, 1e6 * (cpu_seconds(pid) - cpu) / count);
    check_units();
}

static bool take_option(int letter)
{
    switch (letter) {
    case 'n': peers_wanted = atoi(optarg); return peers_wanted > 0;
    case 'f': in_flight = atoi(optarg); return in_flight >= 0 && in_flight <= IN_FLIGHT_MOST;
    case 't': seconds = atof(optarg); return seconds > 0;
    case 'k': is_redis = !strcmp(optarg, "redis"); return is_redis || !strcmp(optarg, "text");
    case 'e': charset = optarg; return true;
    default: return false;
    }
}

int main(int argc, char **argv)
{
    double accepted, idle;
    int letter, null;
    long before;

    while ((letter = getopt(argc, argv, "+n:f:t:k:e:")) != -1)
        if (!take_option(letter))
            return 2;
    command = argv + optind;
    if (!*command)
        return 2;
    raise_limit();
    epoll = (int)check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    peers = calloc((size_t)peers_wanted + 1, sizeof *peers);
    if (!peers)
        die("calloc");
    null = check(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
    pid = listener_start(command, null, null, null, &port);
    before = in_status(pid, "VmRSS:");
    accepted = connect_all();
    introduce_all();
    be_quiet(QUIET);
    idle = (double)(in_status(pid, "VmRSS:") - before) / (peers_wanted + 1);
    printf("%.0f %.3f", accepted, idle);
    if (in_flight)
        talk();
    puts("");
    return 0;
}
