/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/diag.h"

#include <dirent.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    SYN_SENT = 2, /* states of TCP, as the system numbers them */
    TIME_WAIT = 6,
    CLOSED = 7,
    LISTENS = 10,
    BOUND = 13, /* as a question, since Linux 6.8; the answer is CLOSED */
    ANSWER = 32 * 1024,
    MS = 1000,
};

struct question {
    struct nlmsghdr head;
    union {
        struct inet_diag_req_v2 body;
        struct unix_diag_req unix_body;
    };
};

typedef void take_socket(void *owner, const struct nlmsghdr *head);

/* ---- the exchange ---- */

/* An attribute behind a socket, of at least n bytes; NULL: it has none. */
static const void *attribute_of(const struct nlmsghdr *head, size_t socket, unsigned type, size_t n)
{
    struct rtattr *attribute = (struct rtattr *)((char *)NLMSG_DATA(head) + NLMSG_ALIGN(socket));
    unsigned left = (unsigned)NLMSG_PAYLOAD(head, socket);

    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
        if (attribute->rta_type == type && RTA_PAYLOAD(attribute) >= n)
            return RTA_DATA(attribute);
    return NULL;
}

/* 1: more follows; 0: that was all; -1: an error. An answer to a question that was given up may
 * still come. */
static int take_answer(struct nlmsghdr *head, ssize_t n, uint32_t sequence, take_socket *take,
                       void *owner)
{
    unsigned left = (unsigned)n;

    for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
        if (head->nlmsg_seq != sequence)
            continue;
        if (head->nlmsg_type == NLMSG_DONE)
            return 0;
        if (head->nlmsg_type == NLMSG_ERROR)
            return -1;
        take(owner, head);
        if (!(head->nlmsg_flags & NLM_F_MULTI))
            return 0;
    }
    return 1;
}

static int open_diag(void)
{
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

static int ahead = -1; /* -1: each question has a socket of its own */

void diag_open_ahead(void)
{
    if (ahead < 0)
        ahead = open_diag();
}

bool diag_can_ask(void)
{
    int fd = ahead >= 0 ? ahead : open_diag();

    if (fd >= 0 && fd != ahead)
        close(fd);
    return fd >= 0;
}

/* The system answers before it returns from send, and piece by piece after that. */
static int ask(struct question *question, take_socket *take, void *owner)
{
    static uint32_t last;
    struct nlmsghdr *answer = malloc(ANSWER);
    int fd = ahead >= 0 ? ahead : open_diag();
    int result;

    question->head.nlmsg_seq = ++last;
    result = answer && fd >= 0 && send(fd, question, sizeof *question, 0) > 0 ? 1 : -1;
    while (result > 0) {
        ssize_t n = recv(fd, answer, ANSWER, MSG_DONTWAIT);

        if (n > 0)
            result = take_answer(answer, n, question->head.nlmsg_seq, take, owner);
        else if (n == 0 || errno != EINTR)
            result = -1;
    }
    free(answer);
    if (fd >= 0 && fd != ahead)
        close(fd);
    return result;
}

static struct nlmsghdr make_head(unsigned flags)
{
    return (struct nlmsghdr){.nlmsg_len = sizeof(struct question),
                             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                             .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};
}

static struct question make_question(int family, unsigned flags, uint32_t states)
{
    return (struct question){
        .head = make_head(flags),
        .body = {.sdiag_family = (uint8_t)family,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_states = states,
                 .id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
    };
}

/* ---- a port ---- */

struct search {
    struct endpoint wanted;
    struct diag_port *found;
};

static struct endpoint local_of(const struct inet_diag_msg *socket)
{
    struct endpoint local = {.length = sizeof local.address};

    local.address.any.sa_family = socket->idiag_family;
    if (socket->idiag_family == AF_INET)
        memcpy(&local.address.v4.sin_addr, socket->id.idiag_src, 4);
    else
        memcpy(&local.address.v6.sin6_addr, socket->id.idiag_src, 16);
    return endpoint_unmapped(&local);
}

static bool stands_in_the_way(const struct endpoint *wanted, const struct endpoint *local,
                              bool only_ipv6)
{
    struct in6_addr one, other;

    if (wanted->address.any.sa_family != local->address.any.sa_family)
        return wanted->address.any.sa_family == AF_INET && endpoint_is_every(local) && !only_ipv6;
    if (endpoint_is_every(wanted) || endpoint_is_every(local))
        return true;
    return endpoint_ipv6(wanted, &one) && endpoint_ipv6(local, &other) &&
           IN6_ARE_ADDR_EQUAL(&one, &other);
}

/* A socket of IPv6 also gets connections of IPv4, unless INET_DIAG_SKV6ONLY is set. The system
 * tells of sockets that are BOUND at every port, whatever port was asked for. */
static void count_socket(void *owner, const struct nlmsghdr *head)
{
    struct search *search = owner;
    struct diag_port *found = search->found;
    const struct inet_diag_msg *socket = NLMSG_DATA(head);
    const unsigned char *only_ipv6 = attribute_of(head, sizeof *socket, INET_DIAG_SKV6ONLY, 1);
    struct endpoint local = local_of(socket);
    unsigned seconds = (socket->idiag_expires + MS - 1) / MS;

    if (ntohs(socket->id.idiag_sport) != endpoint_port(&search->wanted) ||
        !stands_in_the_way(&search->wanted, &local, only_ipv6 && *only_ipv6))
        return;
    if (socket->idiag_state == LISTENS) {
        found->has_listener = true;
        found->inode = socket->idiag_inode;
        found->user = socket->idiag_uid;
    } else if (socket->idiag_state == TIME_WAIT) {
        found->time_waits++;
        found->seconds = seconds > found->seconds ? seconds : found->seconds;
    } else if (socket->idiag_state == CLOSED || socket->idiag_state == BOUND) {
        found->has_bound = true;
    } else {
        found->connections++;
    }
}

static int find_port(const struct endpoint *endpoint, struct diag_port *found)
{
    static const int families[] = {AF_INET, AF_INET6};
    struct search search = {endpoint_unmapped(endpoint), found};
    uint32_t states = ~(1u << CLOSED | 1u << SYN_SENT);

    for (size_t i = 0; i < 2; i++) {
        struct question question = make_question(families[i], NLM_F_DUMP, states);

        question.body.id.idiag_sport = htons((uint16_t)endpoint_port(endpoint));
        if (ask(&question, count_socket, &search) < 0)
            return -1;
    }
    return 0;
}

/* ---- a name ---- */

/* A socket is known by its file, because the name may be that of a path from another folder. */
static bool has_name(const struct nlmsghdr *head, const struct endpoint *wanted)
{
    static const size_t size = sizeof(struct unix_diag_msg);
    const struct sockaddr_un *local = &wanted->address.local;
    size_t n = wanted->length - offsetof(struct sockaddr_un, sun_path);
    const struct unix_diag_vfs *file = attribute_of(head, size, UNIX_DIAG_VFS, sizeof *file);
    struct stat status;

    if (!*local->sun_path) {
        const char *name = attribute_of(head, size, UNIX_DIAG_NAME, n);

        return name && !attribute_of(head, size, UNIX_DIAG_NAME, n + 1) &&
               !memcmp(name, local->sun_path, n);
    }
    return file && stat(local->sun_path, &status) == 0 &&
           file->udiag_vfs_ino == (uint32_t)status.st_ino &&
           makedev(file->udiag_vfs_dev >> 20, file->udiag_vfs_dev & 0xFFFFF) == status.st_dev;
}

static void find_name(void *owner, const struct nlmsghdr *head)
{
    struct search *search = owner;
    const struct unix_diag_msg *socket = NLMSG_DATA(head);
    const uint32_t *user = attribute_of(head, sizeof *socket, UNIX_DIAG_UID, sizeof *user);

    if (!has_name(head, &search->wanted))
        return;
    search->found->has_bound |= socket->udiag_state == CLOSED;
    if (socket->udiag_state != LISTENS)
        return;
    search->found->has_listener = true;
    search->found->inode = socket->udiag_ino;
    search->found->user = user ? (int64_t)*user : DIAG_NOBODY;
}

static int find_holder(const struct endpoint *endpoint, struct diag_port *found)
{
    struct search search = {*endpoint, found};
    struct question question = {
        .head = make_head(NLM_F_DUMP),
        .unix_body = {.sdiag_family = AF_UNIX,
                      .udiag_states = 1u << CLOSED | 1u << LISTENS,
                      .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_UID},
    };

    return ask(&question, find_name, &search);
}

int diag_port(const struct endpoint *endpoint, struct diag_port *found)
{
    *found = (struct diag_port){0};
    return endpoint->address.any.sa_family == AF_UNIX ? find_holder(endpoint, found)
                                                      : find_port(endpoint, found);
}

/* ---- a connection ---- */

static void put_address(const struct endpoint *endpoint, __be32 address[4], __be16 *port)
{
    *port = htons((uint16_t)endpoint_port(endpoint));
    if (endpoint->address.any.sa_family == AF_INET)
        memcpy(address, &endpoint->address.v4.sin_addr, 4);
    else
        memcpy(address, &endpoint->address.v6.sin6_addr, 16);
}

static void note_time_wait(void *owner, const struct nlmsghdr *head)
{
    const struct inet_diag_msg *socket = NLMSG_DATA(head);

    if (socket->idiag_state == TIME_WAIT)
        *(unsigned *)owner = (socket->idiag_expires + MS - 1) / MS;
}

bool diag_time_wait(const struct endpoint *local, const struct endpoint *peer, unsigned *seconds)
{
    struct endpoint here = endpoint_unmapped(local), there = endpoint_unmapped(peer);
    struct question question = make_question(here.address.any.sa_family, 0, ~0u);

    *seconds = 0;
    if (here.address.any.sa_family != there.address.any.sa_family)
        return false;
    put_address(&here, question.body.id.idiag_src, &question.body.id.idiag_sport);
    put_address(&there, question.body.id.idiag_dst, &question.body.id.idiag_dport);
    if (here.address.any.sa_family == AF_INET6)
        question.body.id.idiag_if = here.address.v6.sin6_scope_id;
    return ask(&question, note_time_wait, seconds) == 0 && *seconds;
}

/* ---- a process ---- */

static bool has_open(const char *process, const char *wanted)
{
    char path[300], link[64];
    struct dirent *entry;
    bool found = false;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%.20s/fd", process);
    folder = opendir(path);
    while (folder && !found && (entry = readdir(folder))) {
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);

        link[n > 0 ? n : 0] = '\0';
        found = !strcmp(link, wanted);
    }
    if (folder)
        closedir(folder);
    return found;
}

static void read_name(const char *process, char name[DIAG_NAME])
{
    char path[64];
    FILE *file;

    *name = '\0';
    snprintf(path, sizeof path, "/proc/%.20s/comm", process);
    file = fopen(path, "re");
    if (file && fgets(name, DIAG_NAME, file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
}

int diag_process(uint32_t inode, char name[DIAG_NAME])
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    char wanted[40];
    int found = 0;

    snprintf(wanted, sizeof wanted, "socket:[%u]", (unsigned)inode);
    while (folder && !found && (entry = readdir(folder)))
        if (*entry->d_name >= '1' && *entry->d_name <= '9' && has_open(entry->d_name, wanted)) {
            found = atoi(entry->d_name);
            read_name(entry->d_name, name);
        }
    if (folder)
        closedir(folder);
    return found;
}
