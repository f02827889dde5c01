/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/room.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "io/transcript_tee.h"
#include "net/address.h"
#include "net/ending.h"
#include "room/announce.h"
#include "room/chat.h"
#include "room/fanout.h"
#include "room/flow.h"

/* ---- coming and going ---- */

static void finish(struct room *room)
{
    roster_fini(&room->roster);
    rate_fini(&room->rate);
    room->handler.done(room->handler.owner, &room->outcome);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct room *room = handle->data;

    if (--room->handles == 0)
        finish(room);
}

static void each_handle(struct room *room, void (*action)(uv_handle_t *handle))
{
    action((uv_handle_t *)&room->pace);
    action((uv_handle_t *)&room->soon);
    action((uv_handle_t *)&room->before_waiting);
    action((uv_handle_t *)&room->second);
}

static void hold_handle(uv_handle_t *handle)
{
    ((struct room *)handle->data)->handles++;
    uv_unref(handle);
}

static void close_handle(uv_handle_t *handle)
{
    uv_close(handle, on_handle_closed);
}

/* Only while there is somebody; what waits for a timer is no reason to go on. */
static void open_handles(struct room *room)
{
    if (room->handles)
        return;
    flow_open(room);
    uv_timer_init(room->loop, &room->second);
    room->second.data = room;
    each_handle(room, hold_handle);
}

static void end_if_empty(struct room *room)
{
    if (!room->ending || room->is_over || room->roster.count || room->closing)
        return;
    room->is_over = true;
    if (room->handles)
        each_handle(room, close_handle);
    else
        finish(room);
}

static void on_closing(void *owner, struct member *member)
{
    struct room *room = owner;

    TAILQ_REMOVE(&room->leaving, member, seat.leaving);
    ending_say(member_address(member), member->seat.ending, member->received, member->outbox.sent);
}

static void on_closed(void *owner, struct member *member)
{
    struct room *room = owner;

    (void)member;
    room->closing--;
    end_if_empty(room);
}

/* Out of the roster at once; the rest of its outbox may take a moment. */
static void let_leave(struct room *room, struct member *member, enum stream_close how,
                      struct ending ending)
{
    if (member->state != MEMBER_TALKING) /* the operator let go of it when it heard of it */
        return;
    member->seat.ending = ending;
    if (room->op->ops->left)
        room->op->ops->left(room->op, member);
    flow_forget(member);
    roster_remove(&room->roster, member);
    rate_leave(&room->rate, &member->seat.rate, uv_now(room->loop));
    room->closing++;
    TAILQ_INSERT_TAIL(&room->leaving, member, seat.leaving);
    member_leave(member, how);
    fanout_forget(room, member);
}

/* What was told as a notice is not said again at the end. */
static void keep_outcome(struct room *room, const struct err *err)
{
    room->outcome = *err;
    room->ending = true;
    if (room->options.mode.announces && !room->options.mode.one_peer)
        *room->outcome.sentence = '\0';
}

/* A peer whose end follows ours may have sent it long before that was read. */
static struct ending ending_of(const struct member *member, enum member_end how,
                               const struct err *err)
{
    if (how == MEMBER_FAILED)
        return ending_of_failure(member_address(member), err);
    return member->finishing && !member->outbox.count ? closed_by_us : closed_by_peer;
}

static void on_ended(void *owner, struct member *member, enum member_end how, const struct err *err)
{
    struct room *room = owner;

    announce_left(room, member, how, err);
    if (room->options.mode.one_peer || room->options.once)
        keep_outcome(room, err);
    let_leave(room, member, how == MEMBER_FAILED ? STREAM_ABORT : STREAM_LINGER,
              ending_of(member, how, err));
}

/* It is out before anybody is told, for that may be too much for another one. */
void room_evict(struct room *room, struct member *member)
{
    static const char why[] = "it does not take what is sent to it";
    bool was_begun;

    if (member->state != MEMBER_TALKING)
        return;
    was_begun = fanout_begin(room);
    let_leave(room, member, STREAM_ABORT, (struct ending){.reason = why});
    if (room_is_chat(room))
        chat_left(room, member, NULL);
    room_tell(room, "%s was evicted: %s", member->seat.name, why);
    fanout_end(room, was_begun);
}

static struct message *message_of(struct room *room, const void *text, size_t n, bool is_line)
{
    struct message *message =
        message_new(room->options.member.utf8, text, n, is_line, &room->sum.held);

    if (!message)
        room_tell(room, "this was not sent: out of memory");
    room->shown += message ? message->n : 0;
    return message;
}

static void spread(struct room *room, const struct member *except, struct message *message)
{
    flow_spent(room, room->roster.count, message->n);
    fanout_to_all(room, except, message);
    message_release(message);
}

/* Who speaks as the speaker does gets the same bytes, unless text is to be checked or changed. */
static void know_wire(const struct room *room, struct message *message,
                      const struct inbound *inbound)
{
    const struct member_options *how = &room->options.member;
    struct form_plan same = {.charset = inbound->charset, .bad = how->bad};

    if (same.charset && !room->options.mode.framed && !how->checks && !how->crlf)
        message_know(message, &same, inbound->wire.bytes, inbound->wire.n);
}

static void spread_inbound(struct room *room, const struct member *speaker,
                           const struct inbound *inbound)
{
    bool is_line = room->options.mode.framed && inbound->is_whole;
    struct message *message = message_of(room, inbound->text, inbound->n, is_line);

    if (!message)
        return;
    know_wire(room, message, inbound);
    spread(room, speaker, message);
}

static void on_said(void *owner, struct member *member, const struct inbound *inbound)
{
    struct room *room = owner;

    announce_speech(room, member, inbound->replaced);
    if (room_is_chat(room)) {
        chat_said(room, member, inbound);
        return;
    }
    room->op->ops->heard(room->op, member, inbound);
    if (room->options.mode.mesh)
        spread_inbound(room, member, inbound);
    if (room->options.transcript && room->options.mode.framed)
        (inbound->continues ? transcript_further : transcript_line)(
            room->options.transcript, member->seat.name, inbound->text, inbound->n);
}

static void on_dropped(void *owner, struct member *member, enum member_drop why, size_t n)
{
    chat_dropped(owner, member, why, n);
}

static uint64_t on_delay(void *owner, struct member *member)
{
    return flow_delay(owner, member);
}

static size_t on_grants(void *owner, struct member *member, const unsigned char *bytes, size_t n,
                        bool is_line)
{
    return flow_grants(owner, member, bytes, n, is_line);
}

static void on_pending(void *owner, struct member *member)
{
    fanout_pending(owner, member);
}

static void on_took(void *owner, struct member *member)
{
    fanout_took(owner, member);
}

static void on_congested(void *owner, struct member *member)
{
    fanout_congested(owner, member);
}

static void on_drained(void *owner, struct member *member)
{
    fanout_drained(owner, member);
}

static void on_stalled(void *owner, struct member *member)
{
    fanout_stalled(owner, member);
}

static const struct member_events events = {
    .delay = on_delay,
    .grants = on_grants,
    .said = on_said,
    .dropped = on_dropped,
    .ended = on_ended,
    .pending = on_pending,
    .took = on_took,
    .congested = on_congested,
    .drained = on_drained,
    .stalled = on_stalled,
    .closing = on_closing,
    .closed = on_closed,
};

/* Bytes are no lines yet: a transcript tee frames them, under the peer's address. NULL: it is
 * closed. */
static struct stream *taken_down(struct room *room, struct stream *stream, struct err *err)
{
    struct transcript_tee_options how = {
        .transcript = room->options.transcript,
        .charset = room->options.member.encodings.first ? room->options.member.encodings.first
                                                        : room->options.local,
        .utf8 = room->options.member.utf8,
        .peer = stream_label(stream),
    };
    struct stream *tee;

    if (!how.transcript || room->options.mode.framed)
        return stream;
    tee = transcript_tee_new(stream, &how, err);
    if (!tee)
        stream_close(stream, STREAM_ABORT);
    return tee;
}

/* -1 without memory. */
static int seat(struct room *room, struct member *member)
{
    if (roster_add(&room->roster, member) < 0)
        return -1;
    if (!room->options.mode.one_peer || roster_rename(&room->roster, member, "peer") == 0)
        return 0;
    roster_remove(&room->roster, member);
    return -1;
}

/* -1 without memory. */
static int enter(struct room *room, struct member *member)
{
    struct host_key host = {{0}};

    if (room->options.host_of)
        room->options.host_of(member->stream, &host);
    if (rate_join(&room->rate, &member->seat.rate, &host, uv_now(room->loop)) < 0)
        return -1;
    if (seat(room, member) == 0)
        return 0;
    rate_leave(&room->rate, &member->seat.rate, uv_now(room->loop));
    return -1;
}

static struct member *admit(struct room *room, struct stream *stream, struct err *err)
{
    struct member *member =
        member_new(room->loop, stream, &room->options.member, &events, room, err);

    if (!member)
        return NULL;
    member->seat.came_at = uv_now(room->loop);
    if (enter(room, member) < 0) {
        room->closing++;
        TAILQ_INSERT_TAIL(&room->leaving, member, seat.leaving);
        member->seat.ending = (struct ending){.reason = "out of memory"};
        member_leave(member, STREAM_ABORT);
        err_memory(err);
        return NULL;
    }
    return member;
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
    stream = taken_down(room, stream, err);
    member = stream ? admit(room, stream, err) : NULL;
    if (!member)
        return -1;
    if (!room->options.mode.announces || room_is_chat(room)) /* else a person is told anyway */
        log_say(LOG_VERBOSE, "%s connected", member_address(member));
    announce_joined(room, member);
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
            .received = member->received,
            .sent = member->outbox.sent,
            .waiting = member->outbox.bytes,
            .since = member->seat.came_at,
        };

        visit(owner, &found);
    }
}

static const struct handler_ops room_ops = {
    .serve = room_serve,
    .visit = room_visit,
};

void room_init(struct room *room, uv_loop_t *loop, const struct room_options *options,
               struct room_operator *op)
{
    *room =
        (struct room){.handler = {.ops = &room_ops}, .loop = loop, .options = *options, .op = op};
    room->options.member.mode = &room->options.mode;
    room->options.member.sum = &room->sum;
    room->options.member.commands = options->commands && room_is_chat(room);
    rate_init(&room->rate, room_is_chat(room) ? options->rate : 0);
    TAILQ_INIT(&room->waiting);
    TAILQ_INIT(&room->open);
    TAILQ_INIT(&room->pending);
    TAILQ_INIT(&room->congested);
    TAILQ_INIT(&room->marked);
    TAILQ_INIT(&room->leaving);
}

/* ---- delivering ---- */

void room_spread(struct room *room, const struct member *except, const void *text, size_t n,
                 bool is_line)
{
    struct message *message = message_of(room, text, n, is_line);

    if (message)
        spread(room, except, message);
}

void room_whisper(struct room *room, struct member *member, const void *text, size_t n,
                  bool is_line)
{
    struct message *message = message_of(room, text, n, is_line);

    if (!message)
        return;
    fanout_to_one(room, member, message);
    message_release(message);
}

/* ---- the operator ---- */

static uint64_t lacking(const struct message *message)
{
    uint64_t most = 0;

    for (const struct form *form = message->forms; form; form = form->next)
        if (form->faults.unencodable > most)
            most = form->faults.unencodable;
    return most;
}

uint64_t room_speak(struct room *room, const void *text, size_t n, bool is_line)
{
    struct message *message;
    uint64_t lacks;

    if (room_is_chat(room)) {
        chat_speak(room, text, n);
        return 0;
    }
    message = message_of(room, text, n, is_line);
    if (!message)
        return 0;
    fanout_to_all(room, NULL, message);
    lacks = lacking(message);
    if (is_line)
        announce_faults(room, NULL, message);
    message_release(message);
    return lacks;
}

void room_speak_to(struct room *room, struct member *member, const void *text, size_t n)
{
    struct message *message;

    if (room_is_chat(room)) {
        chat_speak_to(room, member, text, n);
        return;
    }
    message = message_of(room, text, n, true);
    if (!message)
        return;
    fanout_to_one(room, member, message);
    announce_faults(room, member, message);
    message_release(message);
}

void room_set_encodings(struct room *room, const struct encoding_list *encodings)
{
    room->options.member.encodings = *encodings;
    for (struct member *member = room->roster.first; member; member = member->seat.next)
        member_set_encodings(member, encodings);
}

static void let_out(struct room *room, struct member *member, struct ending ending)
{
    struct err none = {0};

    if (room->options.once)
        keep_outcome(room, &none);
    let_leave(room, member, STREAM_LINGER, ending);
    end_if_empty(room);
}

void room_remove(struct room *room, struct member *member)
{
    if (room_is_chat(room))
        chat_put_out(room, member);
    else
        room_tell(room, "%s was removed", member->seat.name);
    let_out(room, member, closed_by_us);
}

void room_let_leave(struct room *room, struct member *member)
{
    struct err none = {0};

    announce_left(room, member, MEMBER_ENDED, &none);
    let_out(room, member, closed_by_peer);
}

void room_hang_up(struct room *room, struct member *member)
{
    let_out(room, member, closed_by_us);
}

void room_finish(struct room *room)
{
    for (struct member *member = room->roster.first; member; member = member->seat.next)
        member_finish(member);
}

void room_drain(struct room *room)
{
    room->ending = true;
    end_if_empty(room);
}

static void end(struct room *room, enum stream_close how, struct ending ending)
{
    room->ending = true;
    if (how == STREAM_LINGER && room_is_chat(room))
        chat_ended(room);
    while (room->roster.first)
        let_leave(room, room->roster.first, how, ending);
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
    end(room, err->kind == ERR_TEXT ? STREAM_BREAK : STREAM_ABORT,
        (struct ending){.reason = room->outcome.sentence});
}

static void session_all_untaken(const struct room *room)
{
    const struct member *member, *one = NULL;
    char who[ADDRESS_LABEL];
    uint64_t bytes = 0;
    size_t peers = 0;

    TAILQ_FOREACH(member, &room->leaving, seat.leaving)
    {
        bytes += member->outbox.bytes;
        peers += member->outbox.bytes > 0;
        one = member->outbox.bytes ? member : one;
    }
    snprintf(who, sizeof who, "%zu peers", peers);
    ending_say_untaken(peers == 1 ? member_address(one) : who, bytes);
}

void room_abandon(struct room *room, enum stream_close how)
{
    session_all_untaken(room);
    while (!TAILQ_EMPTY(&room->leaving))
        member_close(TAILQ_FIRST(&room->leaving), how);
}
