#include "net/doors.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/reserve.h"
#include "net/socket.h"

enum {
    BACKLOG = 4096,
    PORT_TRIES = 64, /* a port that is free in one family may be taken in the other */
};

/* ---- one ---- */

static int open_door(struct door *door, const struct endpoint *endpoint)
{
    int family = endpoint->address.any.sa_family;
    int on = 1;

    door->endpoint = *endpoint;
    do
        door->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    while (door->fd < 0 && reserve_spend(errno));
    if (door->fd < 0)
        return -1;
    socket_reset_on_close(door->fd, true);
    if (family != AF_UNIX)
        setsockopt(door->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6)
        setsockopt(door->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(door->fd, &endpoint->address.any, endpoint->length) == 0 &&
        listen(door->fd, BACKLOG) == 0 &&
        getsockname(door->fd, &door->endpoint.address.any, &door->endpoint.length) == 0)
        return 0;
    close(door->fd);
    return -1;
}

static int fail(const struct endpoint *endpoint, int number, struct err *err)
{
    char label[ADDRESS_LABEL];

    endpoint_label(endpoint, label);
    return err_errno(err, err_network_kind(number), number, "cannot listen on %s", label);
}

/* ---- one for each address ---- */

static void close_all(struct doors *doors)
{
    for (size_t i = 0; i < doors->count; i++)
        close(doors->items[i].fd);
    doors->count = 0;
}

/* A machine without IPv6 still listens on its other addresses. */
static bool may_be_missing(const struct endpoints *endpoints, int number)
{
    return endpoints->count > 1 && (number == EAFNOSUPPORT || number == EADDRNOTAVAIL);
}

/* A port that nobody has now; 0 where there is none. A socket that was bound to port 0 would lose
 * its port when it is locked, so the port is asked for and then bound by its number. */
static unsigned free_port(const struct endpoint *endpoint)
{
    struct endpoint bound = *endpoint;
    int fd = socket(endpoint->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && bind(fd, &endpoint->address.any, endpoint->length) == 0 &&
                 getsockname(fd, &bound.address.any, &bound.length) == 0;

    if (fd >= 0)
        close(fd);
    return found ? endpoint_port(&bound) : 0;
}

/* Opens all, on one port where port 0 was asked for. 1: that port is taken in one of the families,
 * try another one. */
static int open_all(struct doors *doors, const struct endpoints *endpoints, struct err *err)
{
    unsigned found = 0; /* the port that the system chose */

    for (size_t i = 0; i < endpoints->count; i++) {
        struct endpoint wanted = endpoints->items[i];

        if (!found && !endpoint_port(&wanted))
            found = free_port(&wanted);
        if (found)
            endpoint_set_port(&wanted, found);
        if (open_door(&doors->items[doors->count], &wanted) == 0) {
            doors->count++;
        } else if (found && errno == EADDRINUSE) {
            close_all(doors);
            return 1;
        } else if (!may_be_missing(endpoints, errno)) {
            int number = errno;
            close_all(doors);
            return fail(&wanted, number, err);
        }
    }
    return doors->count ? 0 : fail(&endpoints->items[0], errno, err);
}

int doors_open(struct doors *doors, const struct endpoints *endpoints, struct err *err)
{
    int result = 1;

    *doors = (struct doors){.count = 0};
    for (int i = 0; i < PORT_TRIES && result > 0; i++)
        result = open_all(doors, endpoints, err);
    return result > 0 ? fail(&endpoints->items[0], EADDRINUSE, err) : result;
}

/* ---- unix:PATH ---- */

static int open_path(struct door *door, const struct endpoint *endpoint, struct err *err)
{
    if (open_door(door, endpoint) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return fail(endpoint, errno, err);
    if (socket_file_clear(endpoint, err) < 0)
        return -1;
    return open_door(door, endpoint) < 0 ? fail(endpoint, errno, err) : 0;
}

/* The system would shorten the path in the endpoint. */
static int bind_path(struct doors *doors, struct door *door, struct err *err)
{
    struct endpoint endpoint;
    int lock = socket_file_lock(doors->address->path);
    int result;

    endpoint_of_path(&endpoint, doors->address);
    result = open_path(door, &endpoint, err);
    if (result == 0) {
        door->endpoint = endpoint;
        socket_file_remember(&doors->file, doors->address->path);
    }
    if (lock >= 0)
        close(lock);
    return result;
}

int doors_open_path(struct doors *doors, const struct address *address, struct err *err)
{
    *doors = (struct doors){.address = address};
    if (bind_path(doors, &doors->items[0], err) < 0)
        return -1;
    doors->count = 1;
    return 0;
}

void doors_remove_file(struct doors *doors)
{
    socket_file_remove(&doors->file);
}

/* ---- the queue ---- */

/* The system counts them, for a listener, in a field that otherwise has another meaning. */
unsigned door_queue(const struct door *door)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (getsockopt(door->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
        info.tcpi_state != TCP_LISTEN)
        return BACKLOG;
    return info.tcpi_unacked;
}

/* ---- locking ---- */

void doors_lock(struct doors *doors)
{
    for (size_t i = 0; i < doors->count; i++)
        shutdown(doors->items[i].fd, SHUT_RD);
}

/* A unix socket that was shut stays shut: another one takes its place, under its number. */
static int replace(struct doors *doors, struct err *err)
{
    struct door fresh;

    doors_remove_file(doors);
    if (bind_path(doors, &fresh, err) < 0)
        return -1;
    dup3(fresh.fd, doors->items[0].fd, O_CLOEXEC);
    close(fresh.fd);
    return 0;
}

int doors_unlock(struct doors *doors, struct err *err)
{
    if (doors->address)
        return replace(doors, err);
    for (size_t i = 0; i < doors->count; i++)
        if (listen(doors->items[i].fd, BACKLOG) < 0)
            return fail(&doors->items[i].endpoint, errno, err);
    return 0;
}

/* ---- the end ---- */

void doors_close(struct doors *doors)
{
    doors_remove_file(doors);
    close_all(doors);
}
