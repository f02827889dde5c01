/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/bind.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "net/call.h"
#include "net/inherited.h"
#include "net/sockopt.h"

enum {
    PATIENCE_MS = 500,          /* for the lock of a socket's folder, at the start */
    PATIENCE_MEANWHILE_MS = 10, /* the same while peers are served */
    BACKLOG = 4096,
    HIGH_PORTS = 8000, /* 8080 for 80, as is the custom */
    PORT_TRIES = 64,   /* a port that is free in one family may be taken in the other */
};

/* ---- one acceptor ---- */

int bind_backlog(const struct bind_manner *manner)
{
    return manner->backlog ? (int)manner->backlog : BACKLOG;
}

static int start_listening(const struct acceptor *acceptor, const struct bind_manner *manner)
{
    return call_listen(acceptor->fd, bind_backlog(manner));
}

static int open_acceptor(struct acceptor *acceptor, const struct endpoint *endpoint,
                         const struct bind_manner *manner)
{
    int family = endpoint->address.any.sa_family;
    int on = 1;

    acceptor->endpoint = *endpoint;
    acceptor->fd = call_socket(family, false);
    if (acceptor->fd < 0)
        return -1;
    sockopt_set_up(acceptor->fd, endpoint);
    acceptor->hands_down = family != AF_UNIX;
    if (family != AF_UNIX && !manner->no_reuse)
        call_reuse_address(acceptor->fd, endpoint);
    if (family == AF_INET6)
        setsockopt(acceptor->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (call_bind(acceptor->fd, endpoint) == 0 && start_listening(acceptor, manner) == 0 &&
        getsockname(acceptor->fd, &acceptor->endpoint.address.any, &acceptor->endpoint.length) == 0)
        return 0;
    call_close(acceptor->fd);
    return -1;
}

static int fail(const struct endpoint *endpoint, int number, struct err *err)
{
    char label[ADDRESS_LABEL], reason[ENDPOINT_REASON];

    endpoint_label(endpoint, label);
    endpoint_reason(endpoint, number, reason);
    if (number == EACCES && endpoint_is_privileged(endpoint))
        return err_errno(err, ERR_NETWORK, number,
                         "cannot listen on %s (ports below %d are for root; write tcpchat listen "
                         "%u)",
                         label, PRIVILEGED_PORTS, HIGH_PORTS + endpoint_port(endpoint));
    if (number == EADDRINUSE && endpoint_port(endpoint))
        return err_errno(err, ERR_NETWORK, number,
                         "cannot listen on %s (ss -ltnp shows who does; or take another port)",
                         label);
    return err_set(err, err_network_kind(number), "cannot listen on %s: %s", label, reason);
}

/* ---- an acceptor for each address ---- */

static void close_all(struct acceptors *acceptors)
{
    for (size_t i = 0; i < acceptors->count; i++)
        call_close(acceptors->items[i].fd);
    acceptors->count = 0;
}

/* A machine without IPv6 still listens on its other addresses. */
static bool may_be_missing(const struct endpoints *endpoints, int number)
{
    return endpoints->count > 1 && (number == EAFNOSUPPORT || number == EADDRNOTAVAIL);
}

/* A free port; 0 where there is none. A socket that was bound to port 0 would lose its port when it
 * is locked, so the port is found first and then bound by its number. */
static unsigned free_port(const struct endpoint *endpoint)
{
    struct endpoint bound = *endpoint;
    int fd = call_socket(endpoint->address.any.sa_family, true);
    bool found = fd >= 0 && call_bind(fd, endpoint) == 0 &&
                 getsockname(fd, &bound.address.any, &bound.length) == 0;

    if (fd >= 0)
        call_close(fd);
    return found ? endpoint_port(&bound) : 0;
}

/* IPv6 first, as they are announced. */
static void sort(struct endpoints *sorted, const struct endpoints *endpoints)
{
    static const int families[] = {AF_INET6, AF_INET};

    sorted->count = 0;
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < endpoints->count; i++)
            if (endpoints->items[i].address.any.sa_family == families[f])
                sorted->items[sorted->count++] = endpoints->items[i];
}

/* Opens all, on one port where port 0 was asked for. 1: the free port of one family is taken in
 * the other, so another one is to be tried. */
static int open_all(struct acceptors *acceptors, const struct endpoints *endpoints, struct err *err)
{
    unsigned found = 0; /* the port that the system chose */

    for (size_t i = 0; i < endpoints->count; i++) {
        struct endpoint wanted = endpoints->items[i];

        if (!found && !endpoint_port(&wanted))
            found = free_port(&wanted);
        if (found)
            endpoint_set_port(&wanted, found);
        if (open_acceptor(&acceptors->items[acceptors->count], &wanted, &acceptors->manner) == 0) {
            acceptors->count++;
        } else if (found && errno == EADDRINUSE) {
            close_all(acceptors);
            return 1;
        } else if (!may_be_missing(endpoints, errno)) {
            int number = errno;
            close_all(acceptors);
            return fail(&wanted, number, err);
        }
    }
    return acceptors->count ? 0 : fail(&endpoints->items[0], errno, err);
}

int bind_open(struct acceptors *acceptors, const struct endpoints *endpoints, struct err *err)
{
    struct endpoints sorted;
    int result = 1;

    *acceptors = (struct acceptors){.manner = acceptors->manner};
    sort(&sorted, endpoints);
    for (int i = 0; i < PORT_TRIES && result > 0; i++)
        result = open_all(acceptors, &sorted, err);
    return result > 0 ? fail(&sorted.items[0], EADDRINUSE, err) : result;
}

/* ---- unix:PATH ---- */

static int open_path(struct acceptor *acceptor, const struct endpoint *endpoint,
                     const struct bind_manner *manner, struct err *err)
{
    if (open_acceptor(acceptor, endpoint, manner) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return fail(endpoint, errno, err);
    if (socket_file_clear(endpoint, err) < 0)
        return -1;
    return open_acceptor(acceptor, endpoint, manner) < 0 ? fail(endpoint, errno, err) : 0;
}

/* The endpoint keeps the path as given, because getsockname would shorten it. */
static int bind_path(struct acceptors *acceptors, struct acceptor *acceptor, struct err *err)
{
    unsigned patience_ms = acceptors->manner.meanwhile ? PATIENCE_MEANWHILE_MS : PATIENCE_MS;
    struct endpoint endpoint;
    int lock = socket_file_lock(acceptors->address->path, patience_ms);
    int result;

    address_unix_endpoint(acceptors->address, &endpoint);
    result = open_path(acceptor, &endpoint, &acceptors->manner, err);
    if (result == 0) {
        acceptor->endpoint = endpoint;
        socket_file_remember(&acceptors->file, acceptors->address->path);
    }
    if (lock >= 0)
        close(lock);
    return result;
}

/* ---- unix:@NAME, fd:N ---- */

static int bind_abstract(struct acceptors *acceptors, const struct address *address,
                         struct err *err)
{
    struct endpoint endpoint;

    address_unix_endpoint(address, &endpoint);
    return open_acceptor(&acceptors->items[0], &endpoint, &acceptors->manner) < 0
               ? fail(&endpoint, errno, err)
               : 0;
}

/* The parent may share the socket with other programs, each of which may accept first: a socket
 * that blocks would keep this one waiting. So the socket stays non-blocking afterwards, too. */
static int inherit(struct acceptors *acceptors, const struct address *address, struct err *err)
{
    if (inherited_check(address, err) < 0)
        return -1;
    for (; acceptors->count < address->fds; acceptors->count++) {
        struct acceptor *acceptor = &acceptors->items[acceptors->count];

        acceptor->fd = address->fd + (int)acceptors->count;
        inherited_read(acceptor->fd, &acceptor->endpoint, err);
        fcntl(acceptor->fd, F_SETFD, FD_CLOEXEC);
        fcntl(acceptor->fd, F_SETFL, fcntl(acceptor->fd, F_GETFL) | O_NONBLOCK);
    }
    return 0;
}

int bind_open_one(struct acceptors *acceptors, const struct address *address, struct err *err)
{
    struct acceptor *first = &acceptors->items[0];

    *acceptors = (struct acceptors){.manner = acceptors->manner, .address = address};
    if (address->kind == ADDRESS_INHERITED)
        return inherit(acceptors, address, err);
    if ((address->kind == ADDRESS_ABSTRACT ? bind_abstract(acceptors, address, err)
                                           : bind_path(acceptors, first, err)) < 0)
        return -1;
    acceptors->count = 1;
    return 0;
}

/* ---- accepting ---- */

/* Errors of the connection that was to be accepted, as accept(2) lists them. */
static bool concerns_one_peer(int number)
{
    static const int errors[] = {EINTR,      ECONNABORTED, EPROTO,     EPERM,
                                 ENETDOWN,   EHOSTDOWN,    ENONET,     EHOSTUNREACH,
                                 EOPNOTSUPP, ENETUNREACH,  ENOPROTOOPT};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (number == errors[i])
            return true;
    return false;
}

/* A socket that others use too keeps its own options, so its connections have none of ours. */
static void set_up(const struct acceptor *acceptor, int fd, const struct endpoint *peer)
{
    if (!acceptor->hands_down)
        sockopt_set_up(fd, peer);
    else if (endpoint_is_loopback(peer) && !endpoint_is_loopback(&acceptor->endpoint))
        sockopt_send_unpaced(fd);
}

int bind_accept(const struct acceptor *acceptor, struct endpoint *peer)
{
    int fd = call_accept(acceptor->fd, peer);

    if (fd < 0 && concerns_one_peer(errno))
        errno = EAGAIN;
    if (acceptor->endpoint.address.any.sa_family == AF_UNIX)
        *peer = acceptor->endpoint;
    if (fd >= 0)
        set_up(acceptor, fd, peer);
    return fd;
}

/* Linux counts the pending connections of a listening socket in tcpi_unacked. */
unsigned bind_pending(const struct acceptor *acceptor)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (getsockopt(acceptor->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
        info.tcpi_state != TCP_LISTEN)
        return BACKLOG;
    return info.tcpi_unacked;
}

unsigned bind_known_pending(const struct acceptors *acceptors)
{
    unsigned count = 0;

    for (size_t i = 0; i < acceptors->count; i++)
        if (acceptors->items[i].endpoint.address.any.sa_family != AF_UNIX)
            count += bind_pending(&acceptors->items[i]);
    return count;
}

/* ---- locking ---- */

/* Whether others may own the socket, or take its name while it is closed. */
static bool is_kept(const struct acceptors *acceptors)
{
    return acceptors->address && acceptors->address->kind != ADDRESS_PATH;
}

void bind_lock(struct acceptors *acceptors)
{
    for (size_t i = 0; i < acceptors->count && !is_kept(acceptors); i++)
        call_shutdown_read(acceptors->items[i].fd);
}

static void remove_file(struct acceptors *acceptors)
{
    const struct binder *binder = &acceptors->manner.binder;

    if (binder->remove && acceptors->file.is_ours)
        binder->remove(binder->owner, &acceptors->file);
    else
        socket_file_remove(&acceptors->file);
}

static int bind_again(struct acceptors *acceptors, struct acceptor *fresh, struct err *err)
{
    const struct binder *binder = &acceptors->manner.binder;

    if (binder->bind)
        return binder->bind(binder->owner, acceptors, fresh, err);
    acceptors->manner.meanwhile = true;
    socket_file_remove(&acceptors->file);
    return bind_path(acceptors, fresh, err);
}

/* A unix socket that was shut down stays so: a new one replaces it, under its number. */
static int replace(struct acceptors *acceptors, struct err *err)
{
    struct acceptor fresh;

    if (bind_again(acceptors, &fresh, err) < 0)
        return -1;
    dup3(fresh.fd, acceptors->items[0].fd, O_CLOEXEC);
    call_close(fresh.fd);
    return 0;
}

int bind_unlock(struct acceptors *acceptors, struct err *err)
{
    if (is_kept(acceptors))
        return 0;
    if (acceptors->address)
        return replace(acceptors, err);
    for (size_t i = 0; i < acceptors->count; i++)
        if (start_listening(&acceptors->items[i], &acceptors->manner) < 0)
            return fail(&acceptors->items[i].endpoint, errno, err);
    return 0;
}

/* ---- the end ---- */

void bind_close(struct acceptors *acceptors)
{
    remove_file(acceptors);
    close_all(acceptors);
}
