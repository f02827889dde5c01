/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/linger.h"

#include <errno.h>
#include <stdlib.h>

#include "net/call.h"
#include "net/sockopt.h"

enum {
    LINGER_MS = 5000, /* how long a closing socket waits for the acknowledgement */
    WASTE_READS = 256,
};

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;

    free(connection->label);
    free(connection);
}

static void close_now(struct connection *connection)
{
    watch_fini(&connection->watch);
    uv_close((uv_handle_t *)&connection->timer, on_closed);
    call_close(connection->fd);
    if (connection->closed)
        connection->closed(connection->owner);
}

/* Closes once everything is acknowledged, or after LINGER_MS. */
static void on_timeout(uv_timer_t *timer)
{
    struct connection *connection = timer->data;

    if (sockopt_unacknowledged(connection->fd) && !sockopt_error(connection->fd) &&
        uv_now(timer->loop) < connection->linger_until)
        connection_ask_later(connection, on_timeout);
    else
        close_now(connection);
}

/* Before a reset, a peer that has ended may still have to acknowledge data. */
static void on_read(void *owner, unsigned bits)
{
    struct connection *connection = owner;
    char waste[4096];
    ssize_t got = call_recv(connection->fd, waste, sizeof waste, 0);

    (void)bits;
    if (got > 0 || (got < 0 && errno == EAGAIN))
        return;
    if (got == 0 && connection->breaks)
        watch_set(&connection->watch, 0);
    else
        close_now(connection);
}

static void linger(struct connection *connection)
{
    connection->watch.ready = on_read;
    watch_set(&connection->watch, connection->ended ? 0 : STREAM_IN);
    connection->linger_until = uv_now(connection->timer.loop) + LINGER_MS;
    connection->patience = ACKNOWLEDGE_MIN_MS;
    uv_timer_start(&connection->timer, on_timeout, 0, 0);
}

void linger_close(struct connection *connection, enum stream_close how)
{
    bool has_nothing_to_save = !connection->wrote || connection->failed;
    char waste[4096];

    connection->breaks = how == STREAM_BREAK;
    if (how == STREAM_LINGER) {
        if (!connection->finished && !connection->failed)
            connection_send_fin(connection);
        /* Unread input would make the system reset the connection. */
        for (int i = connection->ended ? WASTE_READS : 0;
             i < WASTE_READS && call_recv(connection->fd, waste, sizeof waste, 0) > 0;)
            i++;
    }
    /* Once the peer has ended, the system sends the rest of a LINGER by itself. */
    if (how == STREAM_ABORT || has_nothing_to_save || (how == STREAM_LINGER && connection->ended))
        close_now(connection);
    else
        linger(connection);
}
