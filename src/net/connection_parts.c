/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/connection_parts.h"

#include "net/call.h"
#include "net/sockopt.h"

enum end_order connection_order(const struct connection *connection)
{
    if (connection->order != END_ORDER_OPEN)
        return connection->order;
    return connection->ended ? END_ORDER_PEER : end_order_before(connection->fd);
}

int connection_send_fin(struct connection *connection)
{
    connection->order = connection_order(connection);
    sockopt_reset_on_close(connection->fd, false);
    return call_shutdown_write(connection->fd, &connection->order);
}

/* The system has no event for "all acknowledged". The loop's time is that of its last wait. */
void connection_ask_later(struct connection *connection, uv_timer_cb ask)
{
    uv_update_time(connection->timer.loop);
    uv_timer_start(&connection->timer, ask, connection->patience, 0);
    if (connection->patience < ACKNOWLEDGE_MAX_MS)
        connection->patience *= 2;
}
