/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "io/splice.h"
#include "io/watch.h"
#include "net/call.h"
#include "net/connection_parts.h"
#include "net/explain_bytes.h"
#include "net/linger.h"
#include "net/sockopt.h"

static void keep_error(struct connection *connection, int number)
{
    if (!connection->failed) /* the plainer word */
        connection->failed = number == EPIPE || number == ENOTCONN ? ECONNRESET : number;
}

/* Fails with the first error that was kept, or with this one. */
static int fail(struct connection *connection, int number, struct err *err)
{
    keep_error(connection, number);
    err_errno(err, ERR_NETWORK, connection->failed, "%s", connection->label);
    return STREAM_FAIL;
}

/* The answer of a read: `got` and errno are those of the system's call. */
static ssize_t after_read(struct connection *connection, ssize_t got, struct err *err)
{
    if (got > 0)
        return got;
    if (got < 0 && errno == EAGAIN)
        return connection->is_broken ? fail(connection, 0, err) : STREAM_AGAIN;
    connection->ended = true;
    if (got < 0)
        return fail(connection, errno, err);
    return connection->failed ? fail(connection, 0, err) : 0;
}

static ssize_t connection_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct connection *connection = (struct connection *)stream;

    return connection->ended && !connection->failed
               ? 0
               : after_read(connection, call_recv(connection->fd, bytes, n, 0), err);
}

int connection_unacknowledged(const struct stream *stream)
{
    return stream->connection ? sockopt_unacknowledged(stream->connection->fd) : 0;
}

/* Each side has all data of the other; only our FIN may be on its way. */
static bool was_complete(const struct connection *connection)
{
    return connection->ended && !connection->failed &&
           connection_unacknowledged(&connection->stream) <= connection->finished;
}

static int connection_check(struct stream *stream, struct err *err)
{
    struct connection *connection = (struct connection *)stream;
    int number;

    if (connection->failed)
        return fail(connection, 0, err);
    number = sockopt_error(connection->fd);
    if (!number)
        return 0;
    if (!was_complete(connection))
        return fail(connection, number, err);
    err_set(err, ERR_NONE, "%s", "");
    return STREAM_FAIL;
}

/* The answer of a write, likewise. */
static ssize_t after_write(struct connection *connection, ssize_t put, struct err *err)
{
    connection->wrote |= put > 0;
    if (put >= 0)
        return put;
    if (errno == EAGAIN)
        return STREAM_AGAIN;
    connection->is_broken |= errno != EPIPE;
    return fail(connection, errno, err);
}

static ssize_t connection_writev(struct stream *stream, const struct iovec *iov, int count,
                                 struct err *err)
{
    struct connection *connection = (struct connection *)stream;

    if (connection->failed)
        return fail(connection, 0, err);
    return after_write(connection, call_send(connection->fd, iov, count), err);
}

static ssize_t connection_splice(struct stream *stream, unsigned way, int pipe, size_t n,
                                 struct err *err)
{
    struct connection *connection = (struct connection *)stream;
    int fd = connection->fd;
    ssize_t moved;

    if (event_explains) /* a splice is no call of the lesson */
        return STREAM_UNABLE;
    if (way == STREAM_OUT && connection->failed)
        return fail(connection, 0, err);
    moved = way == STREAM_IN ? splice_take(fd, pipe, n) : splice_move(pipe, fd, n);
    if (moved < 0 && splice_is_refused(errno))
        return STREAM_UNABLE;
    return way == STREAM_IN ? after_read(connection, moved, err)
                            : after_write(connection, moved, err);
}

bool connection_failed_here(const struct stream *stream)
{
    int number = stream->connection ? stream->connection->failed : 0;

    return err_is_shortage(number) || number == EIO || number == ENOSPC;
}

bool connection_peer_was_first(const struct stream *stream)
{
    struct connection *connection = stream->connection;

    connection->order =
        connection_order(connection) == END_ORDER_PEER ? END_ORDER_PEER : END_ORDER_US;
    return connection->order == END_ORDER_PEER;
}

static int connection_finish(struct stream *stream, struct err *err)
{
    struct connection *connection = (struct connection *)stream;
    int failed, number;

    if (connection->failed)
        return fail(connection, 0, err);
    failed = !connection->finished && connection_send_fin(connection) < 0 ? errno : 0;
    connection->finished = !failed;
    number = sockopt_error(connection->fd);
    number = number ? number : failed;
    if (number)
        return was_complete(connection) ? 0 : fail(connection, number, err);
    return connection_unacknowledged(&connection->stream) ? STREAM_AGAIN : 0;
}

/* ---- watching ---- */

static void on_watch(void *owner, unsigned bits)
{
    struct connection *connection = owner;

    connection->stream.ready(connection->stream.owner, bits);
}

static void on_timer(uv_timer_t *timer)
{
    struct connection *connection = timer->data;

    connection->stream.ready(connection->stream.owner, STREAM_OUT);
}

static void connection_watch(struct stream *stream, unsigned bits)
{
    struct connection *connection = (struct connection *)stream;
    bool asks = bits & STREAM_OUT && connection->finished;

    if (!asks)
        uv_timer_stop(&connection->timer);
    else if (!uv_is_active((uv_handle_t *)&connection->timer))
        connection_ask_later(connection, on_timer);
    if (bits & STREAM_IN)
        explain_wait(connection->fd);
    watch_set(&connection->watch, asks ? bits & ~(unsigned)STREAM_OUT : bits);
}

static const char *connection_label(const struct stream *stream)
{
    return ((const struct connection *)stream)->label;
}

static void connection_close(struct stream *stream, enum stream_close how)
{
    struct connection *connection = (struct connection *)stream;

    watch_set(&connection->watch, 0);
    uv_timer_stop(&connection->timer);
    linger_close(connection, how);
}

static const struct stream_ops connection_ops = {
    .read = connection_read,
    .writev = connection_writev,
    .splice = connection_splice,
    .finish = connection_finish,
    .check = connection_check,
    .watch = connection_watch,
    .label = connection_label,
    .close = connection_close,
};

static int set_up(struct connection *connection, uv_loop_t *loop, int fd,
                  const struct endpoint *peer, struct err *err)
{
    char label[ADDRESS_LABEL];

    connection->stream = (struct stream){.ops = &connection_ops, .connection = connection};
    endpoint_label(peer, label);
    connection->label = strdup(label);
    if (!connection->label)
        return err_memory(err);
    if (watch_init(&connection->watch, loop, fd, 0, on_watch, connection) < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot serve %s", label);
    uv_timer_init(loop, &connection->timer);
    connection->timer.data = connection;
    connection->fd = fd;
    connection->patience = ACKNOWLEDGE_MIN_MS;
    endpoint_host(peer, &connection->host);
    return 0;
}

struct stream *connection_new(uv_loop_t *loop, int fd, const struct endpoint *peer, int told,
                              struct err *err)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (connection && set_up(connection, loop, fd, peer, err) == 0) {
        keep_error(connection, told);
        return &connection->stream;
    }
    if (connection)
        free(connection->label);
    else
        err_memory(err);
    free(connection);
    call_close(fd);
    return NULL;
}

void connection_on_close(struct stream *stream, void (*closed)(void *owner), void *owner)
{
    struct connection *connection = stream->connection;

    connection->closed = closed;
    connection->owner = owner;
}

/* cppcheck-suppress constParameter; a function is no data */
void *connection_owner(const struct stream *stream, void (*closed)(void *owner))
{
    const struct connection *connection = stream->connection;

    return connection && connection->closed == closed ? connection->owner : NULL;
}

void connection_hold_tails(struct stream *stream, bool holds)
{
    struct connection *connection = stream->connection;

    if (!connection || connection->holds_tails == holds)
        return;
    connection->holds_tails = holds;
    sockopt_send_tails(connection->fd, !holds);
}

void connection_host(const struct stream *stream, struct host_key *key)
{
    *key = stream->connection ? stream->connection->host : (struct host_key){{0}};
}

int connection_name(struct stream *stream, const char *label, const struct host_key *host,
                    struct err *err)
{
    struct connection *connection = stream->connection;
    char *copy = strdup(label);

    if (!copy)
        return err_memory(err);
    free(connection->label);
    connection->label = copy;
    if (host)
        connection->host = *host;
    return 0;
}

int connection_fd(const struct stream *stream)
{
    return stream->connection ? stream->connection->fd : -1;
}

int connection_fail(struct stream *stream, int number, struct err *err)
{
    return fail(stream->connection, number, err);
}
