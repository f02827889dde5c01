/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls_stall.h"

#include "io/loop.h"

enum { HEADER = 5, LENGTH = 3 /* offset in the header */ };

void tls_stall_init(struct tls_stall *stall, uv_loop_t *loop, void (*stalled)(void *owner),
                    void *owner)
{
    *stall = (struct tls_stall){.stalled = stalled};
    loop_weak_timer(loop, &stall->timer, owner);
}

/* ---- records ---- */

static size_t follow_header(struct tls_stall *stall, unsigned char byte)
{
    if (stall->head == 0)
        stall->steps++;
    if (stall->head >= LENGTH)
        stall->rest = (uint16_t)(stall->rest << 8 | byte);
    stall->head++;
    if (stall->head == HEADER && stall->rest == 0)
        stall->head = 0;
    return 1;
}

/* Rounded up. */
static uint32_t pieces(size_t n)
{
    return (uint32_t)((n + TLS_STALL_PIECE - 1) / TLS_STALL_PIECE);
}

/* Pieces are counted from the end of the body, so that it does not matter how bytes are cut. */
static size_t follow_body(struct tls_stall *stall, size_t n)
{
    size_t taken = n < stall->rest ? n : stall->rest;
    size_t left = stall->rest - taken;

    stall->steps += pieces(stall->rest) - pieces(left);
    stall->rest = (uint16_t)left;
    if (left == 0)
        stall->head = 0;
    return taken;
}

void tls_stall_follow(struct tls_stall *stall, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n;)
        i += stall->head < HEADER ? follow_header(stall, bytes[i]) : follow_body(stall, n - i);
}

/* ---- time ---- */

static void pause_or_resume(struct tls_stall *stall, bool reads, uint64_t now)
{
    if (reads && stall->is_paused)
        stall->since += now - stall->paused_at;
    if (!reads && !stall->is_paused)
        stall->paused_at = now;
    stall->is_paused = !reads;
}

/* The ms that are left for the next piece. */
static uint64_t left(struct tls_stall *stall, uint64_t now)
{
    if (stall->step != stall->steps) {
        stall->step = stall->steps;
        stall->since = stall->paused_at = now;
    }
    return now - stall->since < TLS_STALL_MS ? stall->since + TLS_STALL_MS - now : 0;
}

/* The timer starts again for the rest of the time, so that reading costs no timer call. */
static void on_timer(uv_timer_t *timer)
{
    struct tls_stall *stall = (struct tls_stall *)timer;
    uint64_t ms;

    if (!stall->head || stall->is_paused)
        return;
    ms = left(stall, uv_now(timer->loop));
    if (ms)
        uv_timer_start(timer, on_timer, ms, 0);
    else
        stall->stalled(timer->data);
}

void tls_stall_watch(struct tls_stall *stall, bool reads)
{
    uint64_t now = uv_now(stall->timer.loop);
    uint64_t ms;

    pause_or_resume(stall, reads, now);
    if (!stall->head)
        return;
    ms = left(stall, now);
    if (reads && !uv_is_active((uv_handle_t *)&stall->timer))
        uv_timer_start(&stall->timer, on_timer, ms, 0);
}
