/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/leaving.h"

#include <stdlib.h>

#include "base/language.h"

static void on_timer_closed(uv_handle_t *handle)
{
    struct member *member = handle->data;

    if (--member->timers)
        return;
    member->events->closed(member->owner, member);
    inbox_fini(&member->inbox);
    free(member);
}

void member_close(struct member *member, enum stream_close how)
{
    member->events->closing(member->owner, member);
    stream_close(member->stream, how);
    member->stream = NULL;
    outbox_fini(&member->outbox);
    uv_close((uv_handle_t *)&member->silence, on_timer_closed);
    uv_close((uv_handle_t *)&member->idle, on_timer_closed);
    uv_close((uv_handle_t *)&member->limit, on_timer_closed);
}

/* A peer that breaks off before it has our last words is closed by nobody. */
void leaving_write(struct member *member)
{
    uint64_t sent = member->outbox.sent;
    struct err err;
    int written = member->leaves == STREAM_LINGER
                      ? outbox_conclude(&member->outbox, member->options->confirms, &err)
                      : outbox_write(&member->outbox, &err);

    if (member->outbox.sent != sent) {
        member->took_at = member->active_at = uv_now(member->limit.loop);
        member->events->wrote(member->owner, member, OUTBOX_TOOK);
    }
    if (written == STREAM_FAIL && !member->ending.reason)
        member->ending = ending_of_failure(member_address(member), &err);
    if (written != STREAM_AGAIN)
        member_close(member, written == 0 ? member->leaves : STREAM_ABORT);
}

static void on_left_too_slowly(uv_timer_t *timer)
{
    struct member *member = timer->data;

    member->ending =
        (struct ending){.reason = language_text(N_("it did not take what was left for it"))};
    member_close(member, STREAM_ABORT);
}

void member_leave(struct member *member, enum stream_close how, struct ending ending)
{
    uv_timer_stop(&member->silence);
    uv_timer_stop(&member->idle);
    uv_timer_stop(&member->limit);
    if (member->outbox.lacks) {
        how = STREAM_ABORT;
        ending = (struct ending){.reason = language_text(N_("out of memory"))};
    }
    member->state = MEMBER_LEAVING;
    member->leaves = (unsigned char)how;
    member->ending = ending;
    if (how == STREAM_ABORT) {
        member_close(member, how);
        return;
    }
    uv_timer_start(&member->limit, on_left_too_slowly, MEMBER_LEAVE_MS, 0);
    leaving_write(member);
    if (member->stream)
        stream_watch(member->stream, STREAM_OUT);
}
