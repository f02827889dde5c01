/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { PEERS_OF_A_HOST = 200, OPEN_FILES = 1048576 };

static const double PATIENCE = 60;

void die(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s: ", program_invocation_short_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

int check(int result, const char *what)
{
    if (result < 0)
        die("%s: %s", what, strerror(errno));
    return result;
}

double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int compare_doubles(const void *one, const void *other)
{
    double first = *(const double *)one, second = *(const double *)other;

    return (first > second) - (first < second);
}

/* The hard limit may be above the kernel's own (fs.nr_open) or below what root may set. */
void raise_limit(void)
{
    struct rlimit limit = {OPEN_FILES, OPEN_FILES};

    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- sockets ---- */

static struct sockaddr_in address_of(uint32_t host, int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(host)};
}

int bound_socket(int *port)
{
    struct sockaddr_in address = address_of(INADDR_LOOPBACK, 0);
    socklen_t size = sizeof address;
    int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

    check(bind(fd, (struct sockaddr *)&address, size), "bind");
    check(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    *port = ntohs(address.sin_port);
    return fd;
}

int free_port(void)
{
    int port;

    close(bound_socket(&port));
    return port;
}

bool is_listening(int port)
{
    char wanted[32], line[256];
    bool found = false;
    FILE *table = fopen("/proc/net/tcp", "re");

    snprintf(wanted, sizeof wanted, ":%04X 00000000:0000 0A", (unsigned)port);
    while (table && !found && fgets(line, sizeof line, table))
        found = strstr(line, wanted);
    if (table)
        fclose(table);
    return found;
}

int call(int port)
{
    struct sockaddr_in address = address_of(INADDR_LOOPBACK, port);
    int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

    check(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
    return fd;
}

int peer_socket(unsigned number)
{
    struct sockaddr_in address = address_of(0x7F010001u + number / PEERS_OF_A_HOST, 0);
    int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    int on = 1;

    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    check(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
    return fd;
}

void begin_call(int fd, int port)
{
    struct sockaddr_in address = address_of(INADDR_LOOPBACK, port);

    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        check(-1, "connect");
}

/* ---- the listener ---- */

static pid_t listener; /* 0: none */

static void kill_listener(void)
{
    if (listener)
        kill(listener, SIGKILL);
}

static void put_port(char **words, int port)
{
    static char number[16];

    snprintf(number, sizeof number, "%d", port);
    for (; *words; words++)
        if (!strcmp(*words, "PORT"))
            *words = number;
}

static void become(char **words, int in, int out, int errors)
{
    dup2(in, 0);
    dup2(out, 1);
    dup2(errors, 2);
    signal(SIGPIPE, SIG_DFL);
    execvp(*words, words);
    _exit(127);
}

pid_t listener_start(char **words, int in, int out, int errors, int *port)
{
    double end = now() + PATIENCE;

    *port = free_port();
    put_port(words, *port);
    listener = check(fork(), "fork");
    if (!listener)
        become(words, in, out, errors);
    atexit(kill_listener);
    while (!is_listening(*port)) {
        if (listener_has_ended(NULL) || now() > end)
            die("%s does not listen", *words);
        usleep(1000);
    }
    return listener;
}

bool listener_has_ended(int *status)
{
    if (listener && waitpid(listener, status, WNOHANG) == 0)
        return false;
    listener = 0;
    return true;
}

void listener_stop(void)
{
    if (!listener)
        return;
    kill(listener, SIGTERM);
    waitpid(listener, NULL, 0);
    listener = 0;
}

/* ---- any process ---- */

double cpu_seconds(pid_t pid)
{
    unsigned long long ns = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    file = fopen(path, "re");
    if (file && fscanf(file, "%llu", &ns) != 1)
        ns = 0;
    if (file)
        fclose(file);
    return (double)ns / 1e9;
}

long in_status(pid_t pid, const char *field)
{
    char path[64], line[256];
    long value = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, field, strlen(field)))
            value = atol(line + strlen(field));
    if (file)
        fclose(file);
    return value;
}
