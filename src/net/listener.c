#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "net/resolve.h"
#include "net/socket.h"

enum {
    BACKLOG = 4096,
    LOCK_TRIES = 100,
    LOCK_PAUSE_US = 5000,
    RETRY_MS = 200,  /* after a shortage */
    PORT_TRIES = 64, /* a port that is free in one family may be taken in the other */
};

struct door {
    struct listener *listener;
    struct endpoint endpoint;
    uv_poll_t poll;
    int fd;
};

struct listener {
    uv_loop_t *loop;
    const struct address *address;
    struct listener_options options;
    struct listener_events events;
    void *owner;
    uv_timer_t
        start; /* so that no event comes before listener_new has returned; then for retries */
    struct resolve resolve;
    struct door doors[ENDPOINTS_MAX];
    size_t count;
    unsigned peers; /* that are connected */
    bool is_open, is_closed;
    bool is_locked;
    bool is_short; /* of descriptors or memory: tried again soon */
    bool told_shortage;
    bool owns_file;
    dev_t file_device; /* of the socket file that we made */
    ino_t file_inode;
    int handles; /* that the loop holds, and peers */
};

/* ---- binding ---- */

static int open_door(struct door *door, const struct endpoint *endpoint)
{
    int family = endpoint->address.any.sa_family;
    int on = 1;

    door->endpoint = *endpoint;
    door->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (door->fd < 0)
        return -1;
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

static void close_doors(struct listener *listener)
{
    for (size_t i = 0; i < listener->count; i++)
        close(listener->doors[i].fd);
    listener->count = 0;
}

/* A machine without IPv6 still listens on its other addresses. */
static bool may_be_missing(const struct endpoints *endpoints, int number)
{
    return endpoints->count > 1 && (number == EAFNOSUPPORT || number == EADDRNOTAVAIL);
}

static int fail(const struct endpoint *endpoint, int number, struct err *err)
{
    char label[ADDRESS_LABEL];

    endpoint_label(endpoint, label);
    return err_errno(err, ERR_NETWORK, number, "cannot listen on %s", label);
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

/* Opens all doors, on one port where port 0 was asked for. 1: that port is taken in one of the
 * families, try another one. */
static int open_doors(struct listener *listener, const struct endpoints *endpoints, struct err *err)
{
    unsigned found = 0; /* the port that the system chose */

    for (size_t i = 0; i < endpoints->count; i++) {
        struct endpoint wanted = endpoints->items[i];

        if (!found && !endpoint_port(&wanted))
            found = free_port(&wanted);
        if (found)
            endpoint_set_port(&wanted, found);
        if (open_door(&listener->doors[listener->count], &wanted) == 0) {
            listener->count++;
        } else if (found && errno == EADDRINUSE) {
            close_doors(listener);
            return 1;
        } else if (!may_be_missing(endpoints, errno)) {
            int number = errno;
            close_doors(listener);
            return fail(&wanted, number, err);
        }
    }
    return listener->count ? 0 : fail(&endpoints->items[0], errno, err);
}

static int bind_all(struct listener *listener, const struct endpoints *endpoints, struct err *err)
{
    int result = 1;

    for (int i = 0; i < PORT_TRIES && result > 0; i++)
        result = open_doors(listener, endpoints, err);
    return result > 0 ? fail(&endpoints->items[0], EADDRINUSE, err) : result;
}

/* ---- unix:PATH ---- */

/* Whether the path is the socket of a process that is gone: nobody answers there. A datagram socket
 * asks, which a listener is told apart by (EPROTOTYPE) and does not take for a caller. */
static bool is_stale(const struct endpoint *endpoint)
{
    bool refused;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    refused = connect(fd, &endpoint->address.any, endpoint->length) < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static bool is_socket(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Those who start at once on the same path do it one after the other. A lock that somebody keeps is
 * not waited for any longer than a start takes; -1 where there is nothing to lock. */
static int lock_directory(const char *path)
{
    char copied[sizeof((struct address *)0)->path];
    int fd;

    strcpy(copied, path);
    fd = open(dirname(copied), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) < 0; i++)
        usleep(LOCK_PAUSE_US);
    return fd;
}

static void remember_file(struct listener *listener)
{
    struct stat status;

    if (lstat(listener->address->path, &status) < 0)
        return;
    listener->owns_file = true;
    listener->file_device = status.st_dev;
    listener->file_inode = status.st_ino;
}

static int open_path(struct listener *listener, const struct endpoint *endpoint, struct err *err)
{
    struct door *door = &listener->doors[0];
    const char *path = listener->address->path;

    if (open_door(door, endpoint) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return fail(endpoint, errno, err);
    if (!is_socket(path))
        return err_set(err, ERR_NETWORK, "cannot listen on unix:%s: it is there and is no socket",
                       path);
    if (!is_stale(endpoint))
        return fail(endpoint, EADDRINUSE, err);
    unlink(path);
    return open_door(door, endpoint) < 0 ? fail(endpoint, errno, err) : 0;
}

static int bind_path(struct listener *listener, struct err *err)
{
    struct endpoint endpoint;
    int lock = lock_directory(listener->address->path);
    int result;

    endpoint_of_path(&endpoint, listener->address);
    result = open_path(listener, &endpoint, err);
    if (result == 0) {
        listener->count = 1;
        listener->doors[0].endpoint = endpoint;
        remember_file(listener);
    }
    if (lock >= 0)
        close(lock);
    return result;
}

void listener_remove_file(struct listener *listener)
{
    struct stat status;

    if (!listener->owns_file)
        return;
    listener->owns_file = false;
    if (lstat(listener->address->path, &status) == 0 && status.st_dev == listener->file_device &&
        status.st_ino == listener->file_inode)
        unlink(listener->address->path);
}

/* ---- accepting ---- */

static void on_knock(uv_poll_t *poll, int status, int events);

static bool is_full(const struct listener *listener)
{
    return listener->options.max_peers && listener->peers >= listener->options.max_peers;
}

static void watch(struct listener *listener)
{
    bool accepts = !listener->is_locked && !listener->is_short && !is_full(listener);

    for (size_t i = 0; i < listener->count; i++) {
        if (accepts)
            uv_poll_start(&listener->doors[i].poll, UV_READABLE, on_knock);
        else
            uv_poll_stop(&listener->doors[i].poll);
    }
}

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

/* A unix peer has no name of its own: it is called after the socket that it came through. */
static void name_peer(const struct door *door, struct endpoint *peer)
{
    if (door->endpoint.address.any.sa_family == AF_UNIX)
        *peer = door->endpoint;
}

/* That there is no room is no reason to end; it comes back when peers go. */
static bool is_shortage(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

static void on_retry(uv_timer_t *timer)
{
    struct listener *listener = timer->data;

    listener->is_short = false;
    watch(listener);
}

/* Newcomers wait in the system's queue, which a poll would report again and again. */
static void wait_for_room(struct listener *listener, int number)
{
    if (!listener->told_shortage)
        log_say(LOG_ERROR, "cannot accept a connection: %s; newcomers wait", strerror(number));
    listener->told_shortage = true;
    listener->is_short = true;
    watch(listener);
    uv_timer_start(&listener->start, on_retry, RETRY_MS, 0);
}

static void fail_to_accept(struct listener *listener, int number)
{
    struct err err;

    if (is_shortage(number)) {
        wait_for_room(listener, number);
    } else if (!concerns_one_peer(number)) {
        err_errno(&err, ERR_LOCAL, number, "cannot accept a connection");
        listener->events.failed(listener->owner, &err);
    }
}

static void release(struct listener *listener);

/* One that was let in, while its socket is open. */
struct guest {
    struct listener *listener;
    struct endpoint *peer; /* NULL where nobody asks who it was */
};

static void forget_guest(struct guest *guest)
{
    if (guest->peer)
        guest->listener->events.gone(guest->listener->owner, guest->peer);
    free(guest->peer);
    free(guest);
}

static struct guest *remember_guest(struct listener *listener, const struct endpoint *peer)
{
    struct guest *guest = calloc(1, sizeof *guest);
    size_t size = offsetof(struct endpoint, address) + sizeof peer->address;

    if (!guest)
        return NULL;
    guest->listener = listener;
    guest->peer = listener->events.gone ? malloc(size) : NULL;
    if (guest->peer)
        memcpy(guest->peer, peer, size);
    return guest;
}

static void on_peer_closed(void *owner)
{
    struct guest *guest = owner;
    struct listener *listener = guest->listener;
    bool was_full = is_full(listener);

    forget_guest(guest);
    listener->peers--;
    if (was_full && !listener->is_closed)
        watch(listener);
    release(listener);
}

/* The peer is counted until its socket is closed, whoever closes it. */
static void hand_over(struct listener *listener, struct stream *stream, struct guest *guest)
{
    listener->peers++;
    listener->handles++;
    socket_on_close(stream, on_peer_closed, guest);
    if (is_full(listener))
        watch(listener);
    listener->events.accepted(listener->owner, stream);
}

/* Out of memory is no reason to end. */
static void take_in(struct listener *listener, int fd, const struct endpoint *peer)
{
    struct guest *guest = remember_guest(listener, peer);
    struct stream *stream;
    struct err err;

    if (!guest) {
        close(fd);
        return;
    }
    stream = socket_new(listener->loop, fd, peer, 0, &err);
    if (stream) {
        hand_over(listener, stream, guest);
        return;
    }
    log_say(LOG_ERROR, "a connection was refused: %s", err.sentence);
    forget_guest(guest);
}

/* False where there is nobody, or no room. */
static bool accept_one(struct door *door)
{
    struct listener *listener = door->listener;
    struct endpoint peer = {.length = sizeof peer.address};
    int fd = accept4(door->fd, &peer.address.any, &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) {
        if (errno != EAGAIN)
            fail_to_accept(listener, errno);
        return false;
    }
    listener->told_shortage = false;
    name_peer(door, &peer);
    if (listener->events.admits && !listener->events.admits(listener->owner, &peer))
        close(fd);
    else
        take_in(listener, fd, &peer);
    return true;
}

void listener_accept_queued(struct listener *listener)
{
    for (size_t i = 0; i < listener->count && !listener->is_locked; i++)
        while (!listener->is_closed && !is_full(listener) && !listener->is_short &&
               accept_one(&listener->doors[i]))
            ;
}

static void on_knock(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    accept_one(poll->data);
}

static void open_for_all(struct listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        struct door *door = &listener->doors[i];

        door->listener = listener;
        door->poll.data = door;
        uv_poll_init(listener->loop, &door->poll, door->fd);
        listener->handles++;
    }
    watch(listener);
    listener->is_open = true;
    listener->events.listening(listener->owner);
}

/* ---- locking ---- */

static void lock(struct listener *listener)
{
    watch(listener);
    for (size_t i = 0; i < listener->count; i++)
        shutdown(listener->doors[i].fd, SHUT_RD);
}

/* A unix socket that was shut stays shut: another one takes its place, under its number. */
static int reopen_path(struct listener *listener, struct err *err)
{
    int former = listener->doors[0].fd;

    listener_remove_file(listener);
    if (bind_path(listener, err) < 0) {
        listener->doors[0].fd = former;
        return -1;
    }
    dup3(listener->doors[0].fd, former, O_CLOEXEC);
    close(listener->doors[0].fd);
    listener->doors[0].fd = former;
    return 0;
}

static int reopen(struct listener *listener, struct err *err)
{
    if (listener->address->is_unix)
        return reopen_path(listener, err);
    for (size_t i = 0; i < listener->count; i++)
        if (listen(listener->doors[i].fd, BACKLOG) < 0)
            return fail(&listener->doors[i].endpoint, errno, err);
    return 0;
}

int listener_lock(struct listener *listener, bool locked, struct err *err)
{
    if (locked == listener->is_locked)
        return 0;
    if (locked) {
        listener->is_locked = true;
        lock(listener);
        return 0;
    }
    if (reopen(listener, err) < 0) {
        lock(listener); /* those that were open again already */
        return -1;
    }
    listener->is_locked = false;
    watch(listener);
    return 0;
}

/* ---- start ---- */

/* IPv6 first, as they are announced. */
static void sort(struct endpoints *endpoints)
{
    struct endpoints sorted = {0};
    static const int families[] = {AF_INET6, AF_INET};

    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < endpoints->count; i++)
            if (endpoints->items[i].address.any.sa_family == families[f])
                sorted.items[sorted.count++] = endpoints->items[i];
    *endpoints = sorted;
}

static void on_resolved(void *owner, const struct endpoints *endpoints, const struct err *err)
{
    struct listener *listener = owner;
    struct endpoints sorted = *endpoints;
    struct err failed = *err;

    sort(&sorted);
    if (failed.kind == ERR_NONE)
        bind_all(listener, &sorted, &failed);
    if (failed.kind == ERR_NONE)
        open_for_all(listener);
    else
        listener->events.failed(listener->owner, &failed);
}

static void on_start(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    struct resolve_query query = {.address = listener->address,
                                  .family = listener->options.family,
                                  .numeric = listener->options.numeric,
                                  .passive = true};
    struct err err;

    if (!listener->address->is_unix)
        resolve_start(&listener->resolve, listener->loop, &query, on_resolved, listener);
    else if (bind_path(listener, &err) == 0)
        open_for_all(listener);
    else
        listener->events.failed(listener->owner, &err);
}

struct listener *listener_new(uv_loop_t *loop, const struct address *address,
                              const struct listener_options *options,
                              const struct listener_events *events, void *owner, struct err *err)
{
    struct listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        err_memory(err);
        return NULL;
    }
    listener->loop = loop;
    listener->address = address;
    listener->options = *options;
    listener->events = *events;
    listener->owner = owner;
    uv_timer_init(loop, &listener->start);
    listener->start.data = listener;
    listener->handles = 1;
    uv_timer_start(&listener->start, on_start, 0, 0);
    return listener;
}

size_t listener_count(const struct listener *listener)
{
    return listener->count;
}

const struct endpoint *listener_endpoint(const struct listener *listener, size_t index)
{
    return &listener->doors[index].endpoint;
}

/* ---- the end ---- */

static void release(struct listener *listener)
{
    if (--listener->handles == 0)
        free(listener);
}

static void on_start_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_door_closed(uv_handle_t *handle)
{
    release(((struct door *)handle->data)->listener);
}

static void on_resolve_closed(uv_handle_t *handle)
{
    release(((struct resolve *)handle->data)->owner);
}

void listener_close(struct listener *listener)
{
    bool knocking = listener->is_open; /* the doors' handles are the loop's */

    listener->is_closed = true;
    listener_remove_file(listener);
    if (resolve_stop(&listener->resolve, on_resolve_closed))
        listener->handles++;
    for (size_t i = 0; i < listener->count; i++) {
        if (knocking)
            uv_close((uv_handle_t *)&listener->doors[i].poll, on_door_closed);
        close(listener->doors[i].fd);
    }
    uv_close((uv_handle_t *)&listener->start, on_start_closed);
}
