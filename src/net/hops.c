/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/hops.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/call.h"
#include "net/endpoint.h"

#define NAME "tcpchat/hops/"

enum { SYN = 512, IPV4_TIME_TO_LIVE = 8, IPV6_HOP_LIMIT = 7 };

/* Times to live. Between the two a count has run out: routers took more than was left. Windows
 * begins with 128, or with 129 to hide that a telephone routes for it. */
enum { NONE_LEFT = 255 - (HOPS_MAX - 1), NOT_OURS = 160 };

void hops_keep(int listener)
{
    int on = 1;

    setsockopt(listener, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof on);
}

static int left_of_packet(const unsigned char *syn)
{
    int lives = syn[0] >> 4 == 4 ? syn[IPV4_TIME_TO_LIVE] : syn[IPV6_HOP_LIMIT];

    if (lives < NOT_OURS)
        return HOPS_MAX;
    return lives > NONE_LEFT ? lives - NONE_LEFT : 1;
}

static int left_of_name(int fd)
{
    struct sockaddr_un name = {.sun_family = AF_UNSPEC};
    socklen_t size = sizeof name - 1;
    int left;

    if (getpeername(fd, (struct sockaddr *)&name, &size) < 0 || name.sun_family != AF_UNIX)
        return HOPS_MAX;
    if (sscanf(name.sun_path + 1, NAME "%d/", &left) != 1 || left < 1 || left > HOPS_MAX)
        return HOPS_MAX;
    return left;
}

int hops_left(int fd)
{
    unsigned char syn[SYN]; /* from the IP header on */
    socklen_t size = sizeof syn;
    bool has_packet = getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &size) == 0;

    return has_packet && size > IPV4_TIME_TO_LIVE ? left_of_packet(syn) : left_of_name(fd);
}

/* The process id and the count make each name unique. */
static void name_socket(int fd, int hops)
{
    struct endpoint name = {.address.local.sun_family = AF_UNIX};
    char *path = name.address.local.sun_path;
    static unsigned count;
    int length = snprintf(path + 1, sizeof name.address.local.sun_path - 1, NAME "%d/%d/%u", hops,
                          (int)getpid(), count++);

    name.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    call_bind(fd, &name);
}

/* IPv6 sockets connect to IPv4 addresses, too (RFC 3493, section 3.7). */
static void set_lives(int fd, int family, int lives)
{
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &lives, sizeof lives);
    setsockopt(fd, IPPROTO_IP, IP_TTL, &lives, sizeof lives);
}

void hops_begin_with(int fd, int hops)
{
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;

    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
    if (family == AF_UNIX)
        name_socket(fd, hops);
    else
        set_lives(fd, family, NONE_LEFT + hops);
}
