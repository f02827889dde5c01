/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reconnect: when `connect` tries again after its peer is gone (--reconnect).
 *
 * The pause before an attempt doubles from RECONNECT_MIN_MS to RECONNECT_MAX_MS. A random part of
 * it, up to a half, is left out, so that the clients of a server that starts again do not come all
 * at once. The count of attempts and the pauses begin anew once a connection has lasted for
 * RECONNECT_STEADY_MS. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/event.h"
#include "cli/option_table.h"

enum {
    RECONNECT_MIN_MS = 250,
    RECONNECT_MAX_MS = 30000,
    RECONNECT_STEADY_MS = 10000,
};

/* A zeroed one was not opened. */
struct reconnect {
    const struct attempts *attempts;
    uv_timer_t timer;
    unsigned tried; /* attempts in a row */
    uint64_t since; /* loop time of the last connection */
    bool is_open;
    void (*due)(void *owner);
    void *owner;
};

void reconnect_open(struct reconnect *reconnect, uv_loop_t *loop, const struct attempts *attempts,
                    void (*due)(void *owner), void *owner);

/* Nothing is tried any more. */
void reconnect_close(struct reconnect *reconnect);

/* A connection stands. */
void reconnect_note_connected(struct reconnect *reconnect);

/* The peer is gone, or an attempt has failed. True: due(owner) follows after a pause, and
 * *event, without a sentence, has its length and the number of the attempt. */
bool reconnect_again(struct reconnect *reconnect, struct event *event);
