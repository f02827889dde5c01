#include "net/socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io/watch.h"
#include "net/hops.h"

enum {
    LINGER_MS = 5000,       /* how long a closing socket waits for that and reads away what comes */
    ACKNOWLEDGE_MIN_MS = 1, /* how often to ask whether all was acknowledged: */
    ACKNOWLEDGE_MAX_MS = 256, /* at first and at last */
    WASTE_READS = 256,
};

struct socket {
    struct stream stream;
    int fd;
    char *label;
    struct host_key host;
    struct watch watch;
    uv_timer_t timer;
    int failed;                  /* the first error (errno), or 0 */
    bool ended;                  /* the peer's FIN was read */
    bool wrote;                  /* something that a reset could destroy */
    bool finished;               /* our FIN was sent */
    bool breaks;                 /* it was closed, and a reset is to follow */
    uint64_t patience;           /* ms until all may be acknowledged */
    uint64_t linger_until;       /* loop time */
    void (*closed)(void *owner); /* NULL, or told that the descriptor is free */
    void *owner;
};

static void keep_error(struct socket *socket, int number)
{
    if (number == EPIPE || number == ENOTCONN)
        number = ECONNRESET; /* what it means to a person */
    if (!socket->failed)
        socket->failed = number;
}

static int failed_before(const struct socket *socket, struct err *err)
{
    err_errno(err, ERR_NETWORK, socket->failed, "%s", socket->label);
    return STREAM_FAIL;
}

static int fail(struct socket *socket, int number, struct err *err)
{
    keep_error(socket, number);
    return failed_before(socket, err);
}

static ssize_t socket_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct socket *socket = (struct socket *)stream;
    ssize_t got;

    do
        got = recv(socket->fd, bytes, n, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got < 0 && errno == EAGAIN)
        return STREAM_AGAIN;
    socket->ended = true;
    if (got < 0)
        return fail(socket, errno, err);
    return socket->failed ? failed_before(socket, err) : 0;
}

/* The error that the system has not told yet, or what a hung-up socket amounts to. */
static int pending_error(const struct socket *socket)
{
    int number = 0;
    socklen_t size = sizeof number;

    getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &number, &size);
    return number;
}

/* Bytes, the FIN among them, that the far side has not acknowledged; of a unix socket: not read. */
static int unacknowledged(const struct socket *socket)
{
    int bytes = 0;

    return ioctl(socket->fd, SIOCOUTQ, &bytes) < 0 ? 0 : bytes;
}

/* Both sides have had all of each other; our FIN alone may be on its way. */
static bool was_complete(const struct socket *socket)
{
    return socket->ended && !socket->failed && unacknowledged(socket) <= socket->finished;
}

static ssize_t still_writable(struct socket *socket, struct err *err)
{
    int number = pending_error(socket);

    if (!number)
        return 0;
    if (!was_complete(socket))
        return fail(socket, number, err);
    err_set(err, ERR_NONE, "%s", "");
    return STREAM_FAIL;
}

static ssize_t socket_writev(struct stream *stream, const struct iovec *iov, int count,
                             struct err *err)
{
    struct socket *socket = (struct socket *)stream;
    struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};
    ssize_t put;

    if (socket->failed)
        return failed_before(socket, err);
    if (!count)
        return still_writable(socket, err);
    do
        put = sendmsg(socket->fd, &message, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    socket->wrote |= put > 0;
    if (put >= 0)
        return put;
    return errno == EAGAIN ? STREAM_AGAIN : fail(socket, errno, err);
}

static int send_fin(struct socket *socket)
{
    socket_reset_on_close(socket->fd, false);
    return shutdown(socket->fd, SHUT_WR);
}

static int socket_finish(struct stream *stream, struct err *err)
{
    struct socket *socket = (struct socket *)stream;
    int failed, number;

    if (socket->failed)
        return failed_before(socket, err);
    failed = !socket->finished && send_fin(socket) < 0 ? errno : 0;
    socket->finished = true;
    number = pending_error(socket);
    if (!number)
        number = failed;
    if (number)
        return was_complete(socket) ? 0 : fail(socket, number, err);
    return unacknowledged(socket) ? STREAM_AGAIN : 0;
}

/* ---- watching ---- */

static void on_watch(void *owner, unsigned bits)
{
    struct socket *socket = owner;

    socket->stream.ready(socket->stream.owner, bits);
}

static void on_timer(uv_timer_t *timer)
{
    struct socket *socket = timer->data;

    socket->stream.ready(socket->stream.owner, STREAM_OUT);
}

/* The system has no event for "all acknowledged", so that is asked for, less and less often. */
static void watch_acknowledgement(struct socket *socket, bool wanted)
{
    if (!wanted) {
        uv_timer_stop(&socket->timer);
        return;
    }
    if (uv_is_active((uv_handle_t *)&socket->timer))
        return;
    uv_timer_start(&socket->timer, on_timer, socket->patience, 0);
    if (socket->patience < ACKNOWLEDGE_MAX_MS)
        socket->patience *= 2;
}

static void socket_watch(struct stream *stream, unsigned bits)
{
    struct socket *socket = (struct socket *)stream;
    bool out = bits & STREAM_OUT;

    watch_acknowledgement(socket, out && socket->finished);
    watch_set(&socket->watch, out && socket->finished ? bits & ~(unsigned)STREAM_OUT : bits);
}

static const char *socket_label(const struct stream *stream)
{
    return ((const struct socket *)stream)->label;
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct socket *socket = handle->data;

    free(socket->label);
    free(socket);
}

static void close_now(struct socket *socket)
{
    watch_fini(&socket->watch);
    uv_close((uv_handle_t *)&socket->timer, on_closed);
    close(socket->fd);
    if (socket->closed)
        socket->closed(socket->owner);
}

/* Closes once everything was acknowledged, or when patience is at its end. */
static void on_linger_timeout(uv_timer_t *timer)
{
    struct socket *socket = timer->data;

    if (!unacknowledged(socket) || uv_now(timer->loop) >= socket->linger_until) {
        close_now(socket);
        return;
    }
    uv_timer_start(timer, on_linger_timeout, socket->patience, 0);
    if (socket->patience < ACKNOWLEDGE_MAX_MS)
        socket->patience *= 2;
}

/* A peer that has ended may still have to acknowledge what comes before a reset. */
static void on_linger_read(void *owner, unsigned bits)
{
    struct socket *socket = owner;
    char waste[4096];
    ssize_t got = recv(socket->fd, waste, sizeof waste, 0);

    (void)bits;
    if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    if (got == 0 && socket->breaks)
        watch_set(&socket->watch, 0);
    else
        close_now(socket);
}

static void linger(struct socket *socket)
{
    socket->watch.ready = on_linger_read;
    watch_set(&socket->watch, socket->ended ? 0 : STREAM_IN);
    socket->linger_until = uv_now(socket->timer.loop) + LINGER_MS;
    socket->patience = ACKNOWLEDGE_MIN_MS;
    uv_timer_start(&socket->timer, on_linger_timeout, 0, 0);
}

/* Input that nobody wants would make the system reset the connection. */
static void read_away(const struct socket *socket)
{
    char waste[4096];

    for (int i = 0; i < WASTE_READS && recv(socket->fd, waste, sizeof waste, 0) > 0; i++)
        continue;
}

/* Once the peer has ended there is nothing to read, and the system sends the rest by itself. */
static bool is_to_wait(const struct socket *socket, enum stream_close how)
{
    return how != STREAM_ABORT && socket->wrote && !socket->failed &&
           (how == STREAM_BREAK || !socket->ended);
}

static void socket_close(struct stream *stream, enum stream_close how)
{
    struct socket *socket = (struct socket *)stream;

    watch_set(&socket->watch, 0);
    uv_timer_stop(&socket->timer);
    socket->breaks = how == STREAM_BREAK;
    if (how == STREAM_LINGER) {
        send_fin(socket);
        read_away(socket);
    }
    if (is_to_wait(socket, how))
        linger(socket);
    else
        close_now(socket);
}

static const struct stream_ops socket_ops = {
    .read = socket_read,
    .writev = socket_writev,
    .finish = socket_finish,
    .watch = socket_watch,
    .label = socket_label,
    .close = socket_close,
};

static void set_option(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

/* Not TCP_USER_TIMEOUT, though it would bound the other waits too: it also ends the connection of a
 * peer that is there and answers, but takes nothing for so long. */
static void keep_alive(int fd)
{
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, SOCKET_ASK_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, SOCKET_ASK_AGAIN_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, SOCKET_ASKS);
}

static int set_up(struct socket *socket, uv_loop_t *loop, int fd, const struct endpoint *peer,
                  struct err *err)
{
    char label[ADDRESS_LABEL];

    endpoint_label(peer, label);
    socket->label = strdup(label);
    if (!socket->label)
        return err_memory(err);
    if (watch_init(&socket->watch, loop, fd, on_watch, socket) < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot serve %s", label);
    uv_timer_init(loop, &socket->timer);
    socket->timer.data = socket;
    socket->fd = fd;
    socket->patience = ACKNOWLEDGE_MIN_MS;
    endpoint_host(peer, &socket->host);
    socket_reset_on_close(fd, true);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1); /* urgent bytes are bytes */
    if (peer->address.any.sa_family != AF_UNIX)
        keep_alive(fd);
    return 0;
}

struct stream *socket_new(uv_loop_t *loop, int fd, const struct endpoint *peer, int told,
                          struct err *err)
{
    struct socket *socket = calloc(1, sizeof *socket);

    if (!socket)
        err_memory(err);
    if (!socket || set_up(socket, loop, fd, peer, err) < 0) {
        if (socket)
            free(socket->label);
        free(socket);
        close(fd);
        return NULL;
    }
    socket->stream.ops = &socket_ops;
    if (told)
        keep_error(socket, told);
    return &socket->stream;
}

void socket_reset_on_close(int fd, bool resets)
{
    struct linger at_once = {.l_onoff = resets, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void socket_on_close(struct stream *stream, void (*closed)(void *owner), void *owner)
{
    struct socket *socket = (struct socket *)stream;

    socket->closed = closed;
    socket->owner = owner;
}

void *socket_owner(const struct stream *stream, void (*closed)(void *owner))
{
    const struct socket *socket = (const struct socket *)stream_innermost(stream);

    return socket->stream.ops == &socket_ops && socket->closed == closed ? socket->owner : NULL;
}

void socket_limit_unsent(const struct stream *stream, int bytes)
{
    const struct socket *socket = (const struct socket *)stream;

    if (stream->ops == &socket_ops)
        setsockopt(socket->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

void socket_host(const struct stream *stream, struct host_key *key)
{
    stream = stream_innermost(stream);
    *key = (struct host_key){{0}};
    if (stream->ops == &socket_ops)
        *key = ((const struct socket *)stream)->host;
}

int socket_hops_left(const struct stream *stream)
{
    stream = stream_innermost(stream);
    return stream->ops == &socket_ops ? hops_left(((const struct socket *)stream)->fd) : HOPS_MAX;
}

int socket_local(const struct stream *stream, struct endpoint *local)
{
    *local = (struct endpoint){.length = sizeof local->address};
    stream = stream_innermost(stream);
    if (stream->ops != &socket_ops)
        return -1;
    return getsockname(((const struct socket *)stream)->fd, &local->address.any, &local->length);
}
