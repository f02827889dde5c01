/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/merge.h"

#include <string.h>

void merge_init(struct merge *merge, struct flow *flow)
{
    *merge = (struct merge){.flow = flow};
}

void merge_open(struct merge *merge, uv_loop_t *loop)
{
    uv_timer_init(loop, &merge->timer);
    merge->timer.data = merge;
}

void merge_close(struct merge *merge, uv_close_cb closed)
{
    uv_close((uv_handle_t *)&merge->timer, closed);
}

/* ---- taking it and giving it up ---- */

static void give_up(struct merge *merge)
{
    uv_timer_stop(&merge->timer);
    merge->holder = NULL;
    merge->line_length = 0;
    flow_resume_soon(merge->flow);
}

static void begin_second(struct merge *merge)
{
    merge->second_at = uv_now(merge->timer.loop);
    merge->brought = 0;
}

static void on_timer(uv_timer_t *timer);

/* Started again for what is left, so that bytes cost no timer call. */
static void wait_on(struct merge *merge)
{
    uint64_t silence = merge->heard_at + MERGE_SILENCE_MS;
    uint64_t second = merge->second_at + MERGE_SECOND_MS;
    uint64_t due = silence < second ? silence : second, now = uv_now(merge->timer.loop);

    uv_timer_start(&merge->timer, on_timer, due > now ? due - now : 0, 0);
}

static bool is_too_slow(const struct merge *merge)
{
    return merge->brought < MERGE_SECOND && flow_is_awaited(merge->flow);
}

static void on_timer(uv_timer_t *timer)
{
    struct merge *merge = timer->data;
    uint64_t now = uv_now(timer->loop);
    bool second_is_over = now - merge->second_at >= MERGE_SECOND_MS;

    if (now - merge->heard_at >= MERGE_SILENCE_MS || (second_is_over && is_too_slow(merge))) {
        give_up(merge);
        return;
    }
    if (second_is_over)
        begin_second(merge);
    wait_on(merge);
}

static void take(struct merge *merge, struct member *from)
{
    if (merge->holder)
        return;
    merge->holder = from;
    merge->heard_at = uv_now(merge->timer.loop);
    begin_second(merge);
    wait_on(merge);
}

/* Another one waits and this one held the output before; or another one waits with a whole line,
 * and this one has none and was not asked. */
static bool lets_pass(const struct merge *merge, const struct member *from, bool is_line)
{
    const struct flow *flow = merge->flow;

    return (merge->owner == from && flow_is_awaited(flow)) ||
           (!is_line && flow->asked != from && flow_has_waiting(flow));
}

static size_t up_to_last_line_end(const unsigned char *bytes, size_t n)
{
    const unsigned char *lf = memrchr(bytes, '\n', n);

    return lf ? (size_t)(lf - bytes) + 1 : n < MERGE_LINE ? n : MERGE_LINE;
}

size_t merge_grant(struct merge *merge, struct member *from, const unsigned char *bytes, size_t n,
                   bool is_line)
{
    if (merge->holder ? merge->holder != from : lets_pass(merge, from, is_line))
        return 0;
    take(merge, from);
    return flow_is_awaited(merge->flow) ? up_to_last_line_end(bytes, n) : n;
}

/* ---- writing ---- */

bool merge_begin(struct merge *merge, const struct member *from)
{
    bool ends_line = merge->line_is_open && merge->owner != from;

    merge->owner = from;
    return ends_line;
}

void merge_keep(struct merge *merge, const char *text, size_t n)
{
    const char *lf = memrchr(text, '\n', n);

    merge->heard_at = uv_now(merge->timer.loop);
    merge->brought += n;
    merge->line_is_open = lf != text + n - 1;
    merge->line_length = lf ? (size_t)(text + n - lf - 1) : merge->line_length + n;
    if (!merge->line_is_open || merge->line_length >= MERGE_LINE)
        give_up(merge);
}

void merge_note(struct merge *merge, bool is_whole)
{
    merge->line_is_open = !is_whole;
}

/* A later member may get the same memory, and is another one. */
void merge_forget(struct merge *merge, const struct member *member)
{
    if (merge->holder == member)
        give_up(merge);
    if (merge->owner == member)
        merge->owner = NULL;
}
