/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rooms: the set-up that the tests of rooms and their parts share: charsets, turns of the loop,
 * timers that are hurried, and text that is taken from a buffer. */
#pragma once

#include "check.h"

#include <string.h>
#include <uv.h>

#include "base/buf.h"
#include "text/charset.h"
#include "turns.h"

static struct charsets charsets;
static struct charset *utf8, *gbk, *big5;

static inline int open_charsets(void **state)
{
    (void)state;
    utf8 = charset_find(&charsets, "utf-8", NULL);
    gbk = charset_find(&charsets, "gbk", NULL);
    big5 = charset_find(&charsets, "big5", NULL);
    return utf8 && gbk && big5 ? 0 : -1;
}

static inline int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

/* A few rounds: enough for all that can happen without more help. */
static inline void run_turns(uv_loop_t *loop)
{
    for (int i = 0; i < 40; i++)
        loop_poll(loop);
}

/* The timer was to ring after ms, give or take a second, and rings now. */
static inline void hurry_timer(uv_timer_t *timer, uint64_t ms)
{
    uint64_t left = uv_timer_get_due_in(timer);

    assert_true(uv_is_active((uv_handle_t *)timer));
    if (left > ms || left + 1000 < ms)
        fail_msg("%llu ms instead of %llu", (unsigned long long)left, (unsigned long long)ms);
    uv_timer_start(timer, timer->timer_cb, 0, 0);
    run_turns(timer->loop);
}

/* The bytes since the last call are the expected text. */
static inline void assert_taken(struct buf *bytes, const char *expected)
{
    size_t n = buf_length(bytes);

    if (n != strlen(expected) || (n && memcmp(buf_bytes(bytes), expected, n)))
        fail_msg("'%.*s' instead of '%s'", (int)n, buf_bytes(bytes), expected);
    buf_consume(bytes, n);
}
