/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/room.h"

#include <stdio.h>

#include "base/event.h"
#include "base/language.h"
#include "net/address.h"
#include "net/ending.h"
#include "net/opening.h"
#include "room/record.h"
#include "room/said.h"

enum { HANDLES = 3 };

/* ---- the handles of the loop ---- */

void room_fini(struct room *room)
{
    far_room_fini(&room->far);
    fanout_fini(&room->fanout);
    roster_fini(&room->roster);
    flow_fini(&room->flow);
}

static void finish(struct room *room)
{
    room_fini(room);
    if (room->has_lost)
        err_keep(&room->outcome, &(struct err){.kind = ERR_LOCAL});
    room->handler.done(room->handler.owner, &room->outcome);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct room *room = handle->data;

    if (--room->handles == 0)
        finish(room);
}

static void close_handles(struct room *room)
{
    uv_handle_t *const handles[HANDLES] = {(uv_handle_t *)&room->flow.pace,
                                           (uv_handle_t *)&room->flow.soon,
                                           (uv_handle_t *)&room->announce.second};

    flow_close(&room->flow);
    for (int i = 0; i < HANDLES; i++) {
        handles[i]->data = room;
        uv_close(handles[i], on_handle_closed);
    }
}

/* Only while there is a member; a timer is no reason to go on. */
static void open_handles(struct room *room)
{
    if (room->handles)
        return;
    flow_open(&room->flow);
    announce_open(&room->announce, room->loop);
    room->handles = HANDLES;
}

static void end_if_empty(struct room *room)
{
    if (!room->ending || room->is_over || room->roster.count || room->closing)
        return;
    room->is_over = true;
    if (room->handles)
        close_handles(room);
    else
        finish(room);
}

/* ---- events ---- */

static void on_closed(void *owner, struct member *member)
{
    struct room *room = owner;

    (void)member;
    room->closing--;
    end_if_empty(room);
}

static const struct member_events member_events = {
    .delay = dispatch_on_delay,
    .grants = said_grant,
    .said = said_take,
    .dropped = said_drop,
    .ended = dispatch_on_ended,
    .wrote = dispatch_on_wrote,
    .stalled = dispatch_on_stalled,
    .closing = dispatch_on_closing,
    .closed = on_closed,
};

static void on_resume(void *owner, uint64_t waited_ms)
{
    struct room *room = owner;

    if (waited_ms && flow_has_waiting(&room->flow)) {
        fanout_note_awaited(&room->fanout, flow_only_waiting(&room->flow), waited_ms);
        dispatch_news(room);
    }
    if (!waited_ms)
        dispatch_drained(room);
    room_resume(room);
}

static const struct flow_events flow_events = {.flush = dispatch_on_flush, .resume = on_resume};

/* A member that is asked after the turn is over goes behind the others. Otherwise the first member
 * would have each turn for as long as it has something to say. */
void room_resume(struct room *room)
{
    const struct operator_ops *ops = room->op->ops;
    struct member *member = NULL;

    flow_begin_round(&room->flow);
    do {
        if (member)
            member_resume(member);
        member = ops->accepts_input(room->op) && !flow_turn_is_over(&room->flow)
                     ? flow_next(&room->flow, ops->only_member ? ops->only_member(room->op) : NULL)
                     : NULL;
    } while (member);
    room->flow.asked = NULL;
    if (flow_turn_is_over(&room->flow))
        flow_resume_soon(&room->flow);
}

/* ---- joins ---- */

/* -1 without memory. */
static int enter(struct room *room, struct member *member)
{
    struct host_key host = {{0}};

    if (room->options.host_of)
        room->options.host_of(member->stream, &host);
    if (flow_join(&room->flow, member, &host) < 0)
        return -1;
    if (roster_add(&room->roster, member, room->options.mode.one_peer ? "peer" : NULL) == 0) {
        fanout_join(&room->fanout, member);
        return 0;
    }
    flow_leave(&room->flow, member);
    return -1;
}

static struct member *admit(struct room *room, struct stream *stream, struct err *err)
{
    struct member *member =
        member_new(room->loop, stream, &room->options.member, &member_events, room, err);

    if (!member)
        return NULL;
    member->seat.came_at = uv_now(room->loop);
    if (room->options.mode.one_peer)
        member->inbox.patience = (unsigned char)far_room_patience(&room->far);
    if (enter(room, member) < 0) {
        room->closing++;
        TAILQ_INSERT_TAIL(&room->leaving, member, seat.leaving);
        member_leave(member, STREAM_ABORT,
                     (struct ending){.reason = language_text(N_("out of memory"))});
        err_memory(err);
        return NULL;
    }
    return member;
}

static bool notice_says_joined(const struct room *room)
{
    return room->options.mode.announces && (!room_is_chat(room) || room->options.says_endings);
}

static int room_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct room *room = (struct room *)handler;
    struct member *member;

    if (room->ending) {
        stream_close(stream, STREAM_ABORT);
        return 0;
    }
    open_handles(room);
    stream = record_tee(room, stream, err);
    member = stream ? admit(room, stream, err) : NULL;
    if (!member)
        return -1;
    opening_tell(member->stream, handler->is_dialled, notice_says_joined(room));
    if (room_is_chat(room))
        chat_joined(&room->chat, member);
    else
        announce_joined(&room->announce, member);
    dispatch_effects(room);
    if (room->op->ops->joined && member->state == MEMBER_TALKING)
        room->op->ops->joined(room->op, member);
    return 0;
}

static void room_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct room *room = (const struct room *)handler;

    for (const struct member *member = room->roster.first; member; member = member->seat.next) {
        struct handler_peer found = {
            .label = member_address(member),
            .received = member->inbox.received,
            .sent = member->outbox.sent,
            .waiting = member->outbox.bytes,
            .since = member->seat.came_at,
        };

        visit(owner, &found);
    }
}

static const struct handler_ops room_ops = {.serve = room_serve, .visit = room_visit};

void room_init(struct room *room, uv_loop_t *loop, const struct room_options *options,
               struct room_operator *op)
{
    const struct mode *mode = &room->options.mode;

    *room =
        (struct room){.handler = {.ops = &room_ops}, .loop = loop, .options = *options, .op = op};
    room->roster.is_named = mode->named;
    room->options.member.inbox.mode = mode;
    room->options.member.inbox.commands = options->commands && mode->named;
    room->options.member.pool = &room->fanout.pool;
    fanout_init(&room->fanout, loop, &room->roster, mode->evicts, options->limit,
                options->congested);
    flow_init(&room->flow, loop, mode, options->limit, mode->named ? options->rate : 0,
              &flow_events, room);
    effects_init(&room->effects);
    announce_init(&room->announce, &room->effects, &room->roster, mode, options->once,
                  dispatch_on_second, room);
    room->chat = (struct chat){.roster = &room->roster,
                               .announce = &room->announce,
                               .effects = &room->effects,
                               .commands = options->commands,
                               .unattended = options->unattended,
                               .charsets = options->charsets,
                               .legacy = options->legacy};
    TAILQ_INIT(&room->leaving);
}

/* ---- the operator ---- */

/* All that is spoken until end_line is one line. */
static void begin_line(struct room *room)
{
    room->own_lines++;
    room->says_line = true;
}

static void end_line(struct room *room)
{
    dispatch_effects(room);
    room->says_line = false;
}

uint64_t room_speak(struct room *room, const void *text, size_t n, bool is_line)
{
    uint64_t before = room->lacking;

    if (is_line)
        begin_line(room);
    if (room_is_chat(room))
        chat_speak(&room->chat, text, n);
    else
        dispatch_speak(room, NULL, dispatch_message(room, text, n, is_line), is_line);
    end_line(room);
    return room->lacking - before;
}

void room_speak_to(struct room *room, struct member *member, const void *text, size_t n)
{
    begin_line(room);
    if (room_is_chat(room))
        chat_speak_to(&room->chat, member, text, n);
    else
        dispatch_speak(room, member, dispatch_message(room, text, n, true), true);
    end_line(room);
}

void room_act(struct room *room, const void *text, size_t n)
{
    begin_line(room);
    chat_operator_act(&room->chat, text, n);
    end_line(room);
}

void room_answer(struct room *room, struct member *member, const void *text, size_t n)
{
    record_answer(room, member, NULL, text, n);
    dispatch_answer(room, member, text, n);
}

void room_note_renamed(struct room *room, const char *former)
{
    chat_operator_renamed(&room->chat, former);
    dispatch_effects(room);
    record_event(room, &(struct event){.kind = EVENT_RENAMED,
                                       .sentence = N_("{former} is now {name}"),
                                       .name = room->roster.own,
                                       .former = former});
}

void room_set_encodings(struct room *room, const struct encoding_list *encodings)
{
    room->options.member.encodings = *encodings;
    for (struct member *member = room->roster.first; member; member = member->seat.next)
        inbox_set_encodings(&member->inbox, encodings);
}

void room_remove(struct room *room, struct member *member)
{
    if (room_is_chat(room))
        chat_put_out(&room->chat, member);
    else
        announce_tell_left(&room->announce, member, N_("{name} was removed"), NULL);
    dispatch_effects(room);
    dispatch_let_out(room, member, closed_by_us);
}

void room_finish(struct room *room, bool sends_end)
{
    room->is_finished = true;
    fanout_settle_all(&room->fanout);
    for (struct member *member = sends_end ? room->roster.first : NULL; member;
         member = member->seat.next)
        member_finish(member);
}

/* ---- the end ---- */

void room_drain(struct room *room)
{
    room->ending = true;
    end_if_empty(room);
}

static void end(struct room *room, enum stream_close how, struct ending ending)
{
    if (how == STREAM_LINGER && room_is_chat(room))
        chat_ended(&room->chat);
    room->ending = true;
    dispatch_effects(room);
    while (room->roster.first)
        dispatch_leave(room, room->roster.first, how, ending);
    end_if_empty(room);
}

void room_end(struct room *room)
{
    end(room, STREAM_LINGER, closed_by_us);
}

void room_break(struct room *room, const char *reason)
{
    end(room, STREAM_ABORT, (struct ending){.reason = reason});
}

/* With --on-bad-text stop every peer gets all that precedes the bad text. */
void room_fail(struct room *room, const struct err *err)
{
    err_keep(&room->outcome, err);
    end(room, err->kind == ERR_TEXT || err->kind == ERR_USAGE ? STREAM_BREAK : STREAM_ABORT,
        (struct ending){.reason = room->outcome.sentence});
}

static void say_untaken(const struct room *room)
{
    const struct member *member, *one = NULL;
    uint64_t bytes = 0;
    size_t peers = 0;

    TAILQ_FOREACH(member, &room->leaving, seat.leaving)
    {
        bytes += member->outbox.bytes;
        peers += member->outbox.bytes > 0;
        one = member->outbox.bytes ? member : one;
    }
    if (one && peers == 1)
        ending_tell_untaken(member_address(one), bytes);
    else if (peers)
        ending_tell_all_untaken(peers, bytes);
}

void room_abandon(struct room *room, enum stream_close how)
{
    say_untaken(room);
    while (!TAILQ_EMPTY(&room->leaving))
        member_close(TAILQ_FIRST(&room->leaving), how);
}
