/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connection_parts: struct connection, and what the files that carry out its calls share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "io/stream.h"
#include "io/watch.h"
#include "net/address.h"
#include "net/end_order.h"

enum {
    ACKNOWLEDGE_MIN_MS = 1,   /* before the first look whether all is acknowledged */
    ACKNOWLEDGE_MAX_MS = 256, /* between two looks, at last */
};

struct connection {
    /* The fields of a write come first: one message may be thousands of writes. */
    struct stream stream;
    int fd;
    int failed;           /* the first error (errno), or 0 */
    bool is_broken;       /* a write failed, not since the peer is gone: no end may ever come */
    bool wrote;           /* data that a reset could destroy */
    bool ended;           /* the peer's FIN was read */
    bool holds_tails;     /* see connection_hold_tails */
    bool finished;        /* our FIN was sent */
    bool breaks;          /* closed with BREAK: a reset follows */
    enum end_order order; /* as it was told */
    char *label;
    struct host_key host;
    struct watch watch;
    uv_timer_t timer;
    uint64_t patience;           /* ms until the next look */
    uint64_t linger_until;       /* loop time */
    void (*closed)(void *owner); /* NULL, or told that the descriptor is free */
    void *owner;
};

/* The side whose end came first, or comes first, as far as it is known. */
enum end_order connection_order(const struct connection *connection);

/* Shuts down the write side; what that answers, with errno. */
int connection_send_fin(struct connection *connection);

/* Calls `ask` of the timer when it is time to look whether all is acknowledged: less and less
 * often. */
void connection_ask_later(struct connection *connection, uv_timer_cb ask);
