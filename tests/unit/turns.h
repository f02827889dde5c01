/* SPDX-License-Identifier: GPL-3.0-or-later */
/* turns: turns of the loop that no program takes: one that does not wait, and all to the end. */
#pragma once

#include <uv.h>

#include "io/loop.h"
#include "io/watch.h"

/* A turn that does not wait, and its end (watches_on_turn_end). */
static inline void loop_poll(uv_loop_t *loop)
{
    watches_end_turn(loop);
    if (watches_wait(loop, 0) || uv_backend_timeout(loop) == 0)
        uv_run(loop, UV_RUN_NOWAIT);
    watches_end_turn(loop);
}

/* Turns until nothing keeps the loop. */
static inline void loop_run(uv_loop_t *loop)
{
    while (uv_loop_alive(loop))
        loop_turn(loop);
}
