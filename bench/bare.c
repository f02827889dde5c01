/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bare: the least that a program can do for a row of the benchmarks: the limit of the machine.
 *
 *     bare spout BYTES           writes pages to standard output, a pipe, without copies
 *     bare drain                 drops standard input, a pipe, without copies
 *     bare send PORT             connects; standard input to the peer, then the end
 *     bare take PORT             accepts one peer, whose bytes go to standard output
 *     bare both-send PORT        as send, and the peer's bytes go to standard output, in a child
 *     bare both-take PORT        as take, and standard input goes to the peer, in a child
 *     bare pass PORT TARGET      accepts one peer, whose bytes go to a connection of our own
 *     bare tee PORT FILE         as take, with read and two writes of 256 KiB
 *     bare fan PORT              the bytes of each peer to all others, as they came together
 *     bare echo PORT             answers each peer's bytes with the same, for ever
 *     bare once PORT             connects, sends standard input, takes one answer
 *     bare repeat N FILE COMMAND runs a command so often, one after another, its input from FILE
 *
 * Connections are not paced: with BBR the figures are those of its timer, a third of the others.
 * Bytes pass by sendfile from a file, else by splice, in a pipe of our own where both ends are
 * none. Addresses are 127.0.0.1. A listener says "ready" on standard error. (Linux.) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOVE = 1 << 20, TEE = 256 << 10, PEERS = 16384, EVENTS = 256 };

static long check(long result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
        exit(1);
    }
    return result;
}

/* ---- sockets ---- */

static struct sockaddr_in local(const char *port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)atoi(port)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void send_unpaced(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

static int dial(const char *port)
{
    struct sockaddr_in to = local(port);
    int fd = (int)check(socket(AF_INET, SOCK_STREAM, 0), "socket");

    check(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
    send_unpaced(fd);
    return fd;
}

static int listen_at(const char *port)
{
    struct sockaddr_in at = local(port);
    int fd = (int)check(socket(AF_INET, SOCK_STREAM, 0), "socket"), yes = 1;

    check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), "SO_REUSEADDR");
    check(bind(fd, (struct sockaddr *)&at, sizeof at), "bind");
    check(listen(fd, SOMAXCONN), "listen");
    fprintf(stderr, "ready\n");
    return fd;
}

static int accept_one(const char *port)
{
    int listener = listen_at(port);
    int fd = (int)check(accept(listener, NULL, NULL), "accept");

    close(listener);
    send_unpaced(fd);
    return fd;
}

/* ---- bytes ---- */

static mode_t kind(int fd)
{
    struct stat status;

    check(fstat(fd, &status), "fstat");
    return status.st_mode & S_IFMT;
}

static void raise_pipe(int fd)
{
    if (kind(fd) == S_IFIFO)
        fcntl(fd, F_SETPIPE_SZ, MOVE);
}

static void splice_all(int from, int to, size_t n)
{
    while (n)
        n -= (size_t)check(splice(from, NULL, to, NULL, n, SPLICE_F_MOVE), "splice");
}

/* All of one end to the other. */
static void move(int from, int to)
{
    int pipe[2] = {-1, -1};
    long got;

    raise_pipe(from);
    raise_pipe(to);
    if (kind(from) != S_IFIFO && kind(to) != S_IFIFO && kind(from) != S_IFREG) {
        check(pipe2(pipe, 0), "pipe");
        raise_pipe(pipe[0]);
    }
    do {
        if (kind(from) == S_IFREG) {
            got = check(sendfile(to, from, NULL, MOVE), "sendfile");
        } else if (pipe[0] < 0) {
            got = check(splice(from, NULL, to, NULL, MOVE, SPLICE_F_MOVE), "splice");
        } else {
            got = check(splice(from, NULL, pipe[1], NULL, MOVE, SPLICE_F_MOVE), "splice");
            splice_all(pipe[0], to, (size_t)got);
        }
    } while (got);
}

static void spout(long long left)
{
    void *block = aligned_alloc(4096, MOVE);

    memset(block, 'x', MOVE);
    raise_pipe(STDOUT_FILENO);
    while (left > 0) {
        struct iovec iov = {block, left < MOVE ? (size_t)left : MOVE};

        left -= check(vmsplice(STDOUT_FILENO, &iov, 1, 0), "vmsplice");
    }
}

static void drain(void)
{
    int null = (int)check(open("/dev/null", O_WRONLY), "/dev/null");

    raise_pipe(STDIN_FILENO);
    while (check(splice(STDIN_FILENO, NULL, null, NULL, MOVE, SPLICE_F_MOVE), "splice"))
        ;
}

static void send_and_end(int fd)
{
    move(STDIN_FILENO, fd);
    shutdown(fd, SHUT_WR);
}

/* The two ways of a conversation. */
static void both(int fd)
{
    pid_t child = (pid_t)check(fork(), "fork");

    if (!child) {
        send_and_end(fd);
        exit(0);
    }
    move(fd, STDOUT_FILENO);
    waitpid(child, NULL, 0);
}

static void write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        long put = check(write(fd, bytes, n), "write");

        bytes += put;
        n -= (size_t)put;
    }
}

static void tee_to(int fd, const char *path)
{
    int file = (int)check(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), path);
    char *bytes = malloc(TEE);
    long got;

    while ((got = check(read(fd, bytes, TEE), "read"))) {
        write_all(STDOUT_FILENO, bytes, (size_t)got);
        write_all(file, bytes, (size_t)got);
    }
}

static void echo(int listener)
{
    char bytes[4096];
    long got;

    for (;;) {
        int fd = (int)check(accept(listener, NULL, NULL), "accept");

        while ((got = read(fd, bytes, sizeof bytes)) > 0)
            write_all(fd, bytes, (size_t)got);
        close(fd);
    }
}

/* What comes in one read leaves in one call for each other peer. */
static void spread(int from, const int *peers, int count)
{
    static char bytes[64 << 10];
    long got = check(recv(from, bytes, sizeof bytes, 0), "recv");

    if (!got)
        exit(0);
    for (int i = 0; i < count; i++)
        if (peers[i] != from &&
            check(send(peers[i], bytes, (size_t)got, MSG_DONTWAIT), "send") != got)
            exit(1);
}

static void enter(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

/* A peer that ends ends all. */
static void fan(int listener)
{
    static int peers[PEERS];
    struct epoll_event events[EVENTS];
    int epoll = (int)check(epoll_create1(0), "epoll_create1"), count = 0, n, fd;

    check(fcntl(listener, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    for (enter(epoll, listener); (n = epoll_wait(epoll, events, EVENTS, -1)) > 0;)
        for (int i = 0; i < n; i++)
            if (events[i].data.fd != listener)
                spread(events[i].data.fd, peers, count);
            else
                while (count < PEERS && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
                    enter(epoll, peers[count++] = fd);
}

static void once(int fd)
{
    char bytes[4096];
    long got = check(read(STDIN_FILENO, bytes, sizeof bytes), "read");

    write_all(fd, bytes, (size_t)got);
    shutdown(fd, SHUT_WR);
    while ((got = check(read(fd, bytes, sizeof bytes), "read")))
        write_all(STDOUT_FILENO, bytes, (size_t)got);
}

static void repeat(int count, const char *file, char **command)
{
    posix_spawn_file_actions_t actions;
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, file, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    while (count--) {
        if (posix_spawnp(&pid, *command, &actions, NULL, command, environ) != 0)
            exit(1);
        waitpid(pid, &status, 0);
        if (status)
            exit(1);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *first = argc > 2 ? argv[2] : "";

    if (!strcmp(what, "spout"))
        spout(atoll(first));
    else if (!strcmp(what, "drain"))
        drain();
    else if (!strcmp(what, "send")) {
        int fd = dial(first);
        char end;

        send_and_end(fd);
        check(read(fd, &end, 1), "read");
    } else if (!strcmp(what, "take"))
        move(accept_one(first), STDOUT_FILENO);
    else if (!strcmp(what, "both-send"))
        both(dial(first));
    else if (!strcmp(what, "both-take"))
        both(accept_one(first));
    else if (!strcmp(what, "pass") && argc > 3) {
        int from = accept_one(first);

        move(from, dial(argv[3]));
    } else if (!strcmp(what, "tee") && argc > 3)
        tee_to(accept_one(first), argv[3]);
    else if (!strcmp(what, "fan"))
        fan(listen_at(first));
    else if (!strcmp(what, "echo"))
        echo(listen_at(first));
    else if (!strcmp(what, "once"))
        once(dial(first));
    else if (!strcmp(what, "repeat") && argc > 4)
        repeat(atoi(first), argv[3], argv + 4);
    else
        return 2;
    return 0;
}
