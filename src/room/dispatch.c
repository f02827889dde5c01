/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/dispatch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "net/connection.h"
#include "net/ending.h"
#include "room/record.h"

/* ---- messages ---- */

bool dispatch_show(struct room *room, const struct event *event)
{
    char sentence[EVENT_LINE];

    event_sentence(event, sentence, sizeof sentence);
    record_sentence(room, sentence);
    return room->op->ops->told(room->op, sentence);
}

/* Tells the operator, or standard error for an operator that shows nothing, and the recorders. */
static void tell(struct room *room, const struct event *event)
{
    struct event told = *event;

    told.level = dispatch_show(room, event) ? EVENT_RECORDED : EVENT_ALWAYS;
    event_tell(&told);
}

void dispatch_say(struct room *room, const char *format, ...)
{
    char text[EVENT_LINE];
    struct event event;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, language_text(format), arguments);
    va_end(arguments);
    event = event_of_text(text);
    tell(room, &event);
}

/* NULL, and told, without memory. */
struct message *dispatch_message(struct room *room, const void *text, size_t n, bool is_line)
{
    struct message *message =
        message_new(room->options.member.inbox.utf8, text, n, is_line, &room->fanout.pool.held);

    if (!message)
        dispatch_say(room, "this was not sent: out of memory");
    return message;
}

void dispatch_spread(struct room *room, struct member *except, struct message *message)
{
    if (!message)
        return;
    flow_spent(&room->flow, room->roster.count, message->n);
    fanout_spread(&room->fanout, except, message);
    dispatch_news(room);
    message_release(message);
}

static void send_to(struct room *room, struct member *member, struct message *message)
{
    fanout_send(&room->fanout, member, message);
    dispatch_news(room);
    if (message)
        message_release(message);
}

void dispatch_answer(struct room *room, struct member *member, const void *text, size_t n)
{
    struct message *message = dispatch_message(room, text, n, false);

    if (message)
        message->is_exact = true;
    send_to(room, member, message);
}

void dispatch_speak(struct room *room, struct member *only, struct message *message, bool is_line)
{
    if (!message && !room_is_for_people(room))
        fanout_spread(&room->fanout, NULL, NULL);
    if (!message)
        return;
    message->own_line = room->says_line ? room->own_lines : 0;
    announce_spoken(&room->announce, only, message);
    if (only)
        fanout_send(&room->fanout, only, message);
    else
        fanout_spread(&room->fanout, NULL, message);
    fanout_settle_all(&room->fanout);
    dispatch_news(room);
    room->lacking += message_lacking(message);
    if (is_line && room->op->ops->has_commands)
        announce_faults(&room->announce, only, message);
    message_release(message);
}

/* ---- leaving ---- */

/* Not at once: an operator that is told says more, in the middle of another message. */
static void note_drained(struct room *room)
{
    if (room->fanout.has_drained && !room->is_over)
        flow_resume_in_any_case(&room->flow);
}

/* Out of the roster at once; the rest of the outbox may take a moment. */
void dispatch_leave(struct room *room, struct member *member, enum stream_close how,
                    struct ending ending)
{
    if (member->state != MEMBER_TALKING) /* the operator let go of the member when told of it */
        return;
    if (room->op->ops->left)
        room->op->ops->left(room->op, member);
    if (how != STREAM_ABORT)
        fanout_settle(&room->fanout, member);
    if (how != STREAM_ABORT && member->outbox.lacks)
        dispatch_say(room, "%s did not get this: out of memory", member->seat.name);
    room->has_lost |= member->outbox.lacks && !room_is_for_people(room);
    roster_remove(&room->roster, member);
    flow_leave(&room->flow, member);
    room->closing++;
    TAILQ_INSERT_TAIL(&room->leaving, member, seat.leaving);
    member_leave(member, how, ending);
    fanout_forget(&room->fanout, member);
    note_drained(room);
}

/* A notice is not repeated at the end. */
static void keep_outcome(struct room *room, const struct err *err)
{
    room->outcome = *err;
    room->ending = true;
    if (room->options.says_endings ||
        (room->options.mode.announces && !room->options.mode.one_peer))
        *room->outcome.sentence = '\0';
}

static void announce_leave(struct room *room, struct member *member, enum member_end how,
                           const struct err *err)
{
    const char *why =
        how == MEMBER_FAILED ? ending_of_failure(member_address(member), err).reason : NULL;

    if (room_is_chat(room))
        chat_left(&room->chat, member, why);
    else
        announce_left(&room->announce, member, how, err);
    dispatch_effects(room);
}

void dispatch_let_out(struct room *room, struct member *member, struct ending ending)
{
    if (room->options.once)
        keep_outcome(room, &(struct err){0});
    dispatch_leave(room, member, STREAM_LINGER, ending);
}

/* A peer that asked for it. */
static void let_go(struct room *room, struct member *member)
{
    announce_leave(room, member, MEMBER_ENDED, &(struct err){0});
    dispatch_let_out(room, member, closed_by_peer);
}

/* ---- effects ---- */

static void hear(struct room *room, const struct effect *effect)
{
    struct inbound inbound = {.text = effect->text,
                              .n = effect->n,
                              .is_whole = true,
                              .kind = effect->as,
                              .from = effect->member->seat.name,
                              .wire = {.n = effect->wire.bytes}};

    record_inbound(room, effect->member, &inbound, effect->wire);
    inbound.from = NULL;
    room->op->ops->heard(room->op, effect->member, &inbound);
}

/* One end is not told in two ways. */
static void tell_end(struct room *room, const struct event *event)
{
    if (room->options.says_endings)
        record_event(room, event);
    else
        tell(room, event);
}

static void carry_out(struct room *room, const struct effect *effect)
{
    bool is_line = effect->kind <= EFFECT_SPEAK;
    struct message *line = is_line ? dispatch_message(room, effect->text, effect->n, true) : NULL;

    switch (effect->kind) {
    case EFFECT_SPREAD: dispatch_spread(room, effect->member, line); break;
    case EFFECT_SEND: send_to(room, effect->member, line); break;
    case EFFECT_SPEAK: dispatch_speak(room, effect->member, line, true); break;
    case EFFECT_TELL: tell(room, effect->event); break;
    case EFFECT_END: tell_end(room, effect->event); break;
    case EFFECT_HEAR: hear(room, effect); break;
    case EFFECT_LEAVE: let_go(room, effect->member); break;
    }
}

void dispatch_effects(struct room *room)
{
    struct effect *effect;

    while ((effect = effects_next(&room->effects))) {
        carry_out(room, effect);
        effect_free(effect);
    }
    if (room->effects.lost) {
        room->effects.lost = false;
        dispatch_say(room, "this was not sent: out of memory");
    }
}

/* It is out before this is told, for that may be too much for another member. */
static void evict(struct room *room, struct member *member)
{
    static const char why[] = N_("it does not take what is sent to it");

    if (member->state != MEMBER_TALKING)
        return;
    dispatch_leave(room, member, STREAM_ABORT, (struct ending){.reason = language_text(why)});
    if (room_is_chat(room))
        chat_gone(&room->chat, member);
    effects_tell_end(&room->effects, &(struct event){.kind = EVENT_LEFT,
                                                     .sentence = N_("{name} was evicted: {why}"),
                                                     .peer = member_address(member),
                                                     .name = member->seat.name,
                                                     .why = language_text(why)});
    dispatch_effects(room);
}

static void take_news(struct room *room, struct member *member, unsigned news)
{
    if (news & NEWS_DRAINED)
        flow_drained(&room->flow, member);
    if (news & NEWS_BROKEN && room->op->ops->broken)
        room->op->ops->broken(room->op, member);
    if (news & NEWS_EVICT)
        evict(room, member);
}

/* A leaving member holds memory for a while and no longer needs the room. */
static void drop_leaving(struct room *room)
{
    struct member *first = TAILQ_FIRST(&room->leaving);

    first->ending = (struct ending){.reason = language_text(N_("memory is short"))};
    member_close(first, STREAM_ABORT);
}

/* Takes the news of the fanout, once all have a message, so that they have it before the notices.
 */
void dispatch_news(struct room *room)
{
    struct fanout *fanout = &room->fanout;
    struct member *member;
    unsigned news;

    if (room->is_settling)
        return;
    room->is_settling = true;
    while ((member = fanout_next_news(fanout, &news)))
        take_news(room, member, news);
    while (fanout_is_full(fanout) && !TAILQ_EMPTY(&room->leaving))
        drop_leaving(room);
    while (fanout_is_full(fanout))
        evict(room, fanout_largest(fanout));
    room->is_settling = false;
    note_drained(room);
}

/* ---- the events of a member ---- */

/* A peer whose end follows ours may have sent it long before that was read. */
static struct ending ending_of(const struct member *member, enum member_end how,
                               const struct err *err)
{
    if (how == MEMBER_FAILED)
        return ending_of_failure(member_address(member), err);
    return member->outbox.write != OUTBOX_OPEN && !member->outbox.count ? closed_by_us
                                                                        : closed_by_peer;
}

/* Another stream takes the place of the only peer, unless the operator has ended. */
static bool goes_on(struct room *room, const struct member *member, const struct err *err)
{
    if (!room->handler.again || room->ending || room->is_finished ||
        !room->handler.again(room->handler.owner, member_address(member), err))
        return false;
    far_room_restart(&room->far);
    return true;
}

void dispatch_on_ended(void *owner, struct member *member, enum member_end how,
                       const struct err *err)
{
    struct room *room = owner;

    if (how == MEMBER_ENDED && room->op->ops->ended && room->op->ops->ended(room->op, member))
        return;
    announce_leave(room, member, how, err);
    room->has_lost |= !room_is_for_people(room) &&
                      (err->kind == ERR_LOCAL || connection_failed_here(member->stream));
    if ((room->options.mode.one_peer || room->options.once) && !goes_on(room, member, err))
        keep_outcome(room, err);
    dispatch_leave(room, member, how == MEMBER_FAILED ? STREAM_ABORT : STREAM_LINGER,
                   ending_of(member, how, err));
    dispatch_effects(room);
}

/* A person knows the peers by name. */
void dispatch_on_closing(void *owner, struct member *member)
{
    struct room *room = owner;
    bool has_name = room->options.says_endings && !room->options.mode.one_peer;

    TAILQ_REMOVE(&room->leaving, member, seat.leaving);
    if (room->op->ops->lost)
        room->op->ops->lost(room->op, member, outbox_own_lines(&member->outbox).count);
    ending_tell(member->stream, has_name ? member->seat.name : NULL, member->ending,
                member->inbox.received, member->outbox.sent);
    if (room->options.once && member->leaves == STREAM_LINGER)
        ending_fail(member->stream, member->ending, &room->outcome);
}

uint64_t dispatch_on_delay(void *owner, struct member *member)
{
    struct room *room = owner;

    if (!operator_accepts_from(room->op, member))
        return MEMBER_WAITS;
    return flow_delay(&room->flow, member, fanout_delay(&room->fanout, member),
                      room->op->ops->accepts_input(room->op));
}

void dispatch_on_wrote(void *owner, struct member *member, unsigned changes)
{
    struct room *room = owner;

    fanout_note(&room->fanout, member, changes);
    if (member->state == MEMBER_TALKING)
        dispatch_news(room);
}

void dispatch_on_stalled(void *owner, struct member *member)
{
    struct room *room = owner;

    fanout_note_stalled(&room->fanout, member);
    dispatch_news(room);
}

/* ---- the events of the loop ---- */

void dispatch_on_flush(void *owner)
{
    struct room *room = owner;

    fanout_flush(&room->fanout);
    dispatch_news(room);
}

void dispatch_drained(struct room *room)
{
    bool is_told = room->fanout.has_drained && fanout_is_ready(&room->fanout);

    room->fanout.has_drained = false;
    if (is_told)
        room->op->ops->drained(room->op);
}

void dispatch_on_second(void *owner)
{
    struct room *room = owner;
    unsigned untold[TRAFFIC_KINDS];

    announce_take(&room->announce, untold);
    chat_sum(&room->chat, untold);
    dispatch_effects(room);
}
