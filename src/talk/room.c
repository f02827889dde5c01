#include "talk/room.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "talk/chat.h"
#include "talk/notice.h"
#include "talk/scribe.h"

enum { PACE_MS = 50, SECOND_MS = 1000, TURN_DELIVERIES = 60000 };

static bool has_rule(const struct room *room, enum room_rule rule)
{
    return room->options.rules & rule;
}

/* ---- who waits ---- */

static void wait_in_line(struct room *room, struct member *member)
{
    if (!member->seat.is_waiting)
        TAILQ_INSERT_TAIL(&room->waiting, member, seat.waiting);
    member->seat.is_waiting = true;
}

static void leave_the_line(struct room *room, struct member *member)
{
    if (member->seat.is_waiting)
        TAILQ_REMOVE(&room->waiting, member, seat.waiting);
    member->seat.is_waiting = false;
}

/* Those who wait try again, each once, as long as somebody listens; who has to wait again stands
 * behind. */
void room_resume(struct room *room)
{
    struct member *member;
    size_t count = 0;

    TAILQ_FOREACH(member, &room->waiting, seat.waiting)
    count++;
    while (count-- && (member = TAILQ_FIRST(&room->waiting)) && room->op->ops->listens(room->op)) {
        leave_the_line(room, member);
        member_resume(member);
    }
}

/* The one that took something last, but for the one who speaks. */
static const struct member *liveliest(const struct room *room, const struct member *speaker)
{
    const struct member *first = TAILQ_FIRST(&room->crowded);

    return first == speaker ? TAILQ_NEXT(first, seat.crowded) : first;
}

static bool waits_for_peers(const struct room *room, const struct member *speaker)
{
    const struct member *slow =
        has_rule(room, ROOM_MESH) && !TAILQ_EMPTY(&room->crowded) ? liveliest(room, speaker) : NULL;

    return slow && uv_now(room->loop) - slow->took_at < ROOM_PATIENCE_MS;
}

static void on_pace(uv_timer_t *timer)
{
    room_resume(timer->data);
}

/* However many come to wait meanwhile. */
static void look_again(struct room *room, uint64_t ms)
{
    bool is_due = uv_is_active((uv_handle_t *)&room->pace);

    if (!is_due || uv_timer_get_due_in(&room->pace) > ms)
        uv_timer_start(&room->pace, on_pace, ms, 0);
}

void room_resume_soon(struct room *room)
{
    if (!TAILQ_EMPTY(&room->waiting))
        look_again(room, 1);
}

/* What peers may say to peers before anything is written: else those who take all that is sent
 * would look as if they did not. */
static bool has_said_enough(struct room *room)
{
    if (room->turn != uv_now(room->loop)) {
        room->turn = uv_now(room->loop);
        room->turn_deliveries = room->turn_bytes = 0;
    }
    return room->turn_deliveries >= TURN_DELIVERIES || room->turn_bytes >= room->options.limit / 4;
}

static uint64_t on_listens(void *owner, struct member *member)
{
    struct room *room = owner;
    bool pauses = has_rule(room, ROOM_MESH) && has_said_enough(room);
    bool waits_here = pauses || waits_for_peers(room, member);

    if (waits_here)
        look_again(room, pauses ? 1 : PACE_MS);
    if (waits_here || !room->op->ops->listens(room->op)) {
        wait_in_line(room, member);
        return MEMBER_WAITS;
    }
    return room_is_chat(room) ? chat_pause(room, member) : 0;
}

static size_t on_grants(void *owner, struct member *member, const unsigned char *bytes, size_t n)
{
    struct room *room = owner;
    size_t granted = room->op->ops->grants ? room->op->ops->grants(room->op, member, bytes, n) : n;

    if (granted < n)
        wait_in_line(room, member);
    return granted;
}

/* ---- outboxes ---- */

/* In the middle of a message to all nobody is told anything: it would be answered before all have
 * the message. */
static void tell_drained(struct room *room)
{
    room->owes_drained = room->is_speaking;
    if (room->is_speaking || !TAILQ_EMPTY(&room->crowded))
        return;
    room->op->ops->drained(room->op);
    room_resume(room);
}

static void note_crowded(struct room *room, struct member *member)
{
    if (member->seat.is_crowded || !member_is_crowded(member))
        return;
    member->seat.is_crowded = true;
    member->took_at = uv_now(room->loop); /* from now on it has some time */
    TAILQ_INSERT_HEAD(&room->crowded, member, seat.crowded);
}

static void forget_crowded(struct room *room, struct member *member)
{
    if (!member->seat.is_crowded)
        return;
    member->seat.is_crowded = false;
    TAILQ_REMOVE(&room->crowded, member, seat.crowded);
    tell_drained(room);
}

static void on_took(void *owner, struct member *member, size_t n)
{
    struct room *room = owner;

    if (!member->seat.is_uncounted)
        room->queued -= n;
    if (!member->seat.is_crowded)
        return;
    TAILQ_REMOVE(&room->crowded, member, seat.crowded);
    TAILQ_INSERT_HEAD(&room->crowded, member, seat.crowded);
}

static void on_drained(void *owner, struct member *member)
{
    forget_crowded(owner, member);
}

/* ---- coming and going ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct room *room = handle->data;

    if (--room->timers)
        return;
    roster_fini(&room->roster);
    room->handler.done(room->handler.owner, &room->outcome);
}

static void end_if_empty(struct room *room)
{
    if (!room->ending || room->is_over || room->roster.count || room->leaving)
        return;
    room->is_over = true;
    if (!room->timers) {
        room->handler.done(room->handler.owner, &room->outcome);
        return;
    }
    uv_close((uv_handle_t *)&room->pace, on_timer_closed);
    uv_close((uv_handle_t *)&room->second, on_timer_closed);
}

/* What is on its way to one that is cut is on its way no more. */
static void uncount(struct room *room, struct member *member)
{
    if (!member->seat.is_uncounted)
        room->queued -= member->outbox.bytes;
    member->seat.is_uncounted = true;
}

static void on_closing(void *owner, struct member *member)
{
    (void)owner;
    log_say(LOG_VERBOSE, "%s %s; %" PRIu64 " bytes received, %" PRIu64 " sent",
            member_address(member), member->seat.why, member->received, member->outbox.sent);
}

static void on_closed(void *owner, struct member *member)
{
    struct room *room = owner;

    uncount(room, member);
    room->leaving--;
    end_if_empty(room);
}

static void forget_doom(struct room *room, struct member *member)
{
    if (member->seat.is_doomed)
        TAILQ_REMOVE(&room->doomed, member, seat.doomed);
    member->seat.is_doomed = false;
}

/* Out of the roster at once; the rest of its outbox may take a moment. */
static void let_leave(struct room *room, struct member *member, enum stream_close how,
                      const char *why)
{
    if (member->state != MEMBER_TALKING) /* the operator let go of it when it heard of it */
        return;
    member->seat.why = why;
    if (room->op->ops->left)
        room->op->ops->left(room->op, member);
    leave_the_line(room, member);
    forget_doom(room, member);
    roster_remove(&room->roster, member);
    room->leaving++;
    member_leave(member, how);
    forget_crowded(room, member);
}

/* What was told as a notice is not said again at the end. */
static void keep_outcome(struct room *room, const struct err *err)
{
    room->outcome = *err;
    room->ending = true;
    if (room->options.announces && !room->options.one_peer)
        *room->outcome.sentence = '\0';
}

static void on_ended(void *owner, struct member *member, enum member_end how, const struct err *err)
{
    static const char *const why[] = {
        [MEMBER_ENDED] = "closed by the peer",
        [MEMBER_FAILED] = "closed after a failure",
        [MEMBER_TOO_LATE] = "closed, the wait after the input's end is over",
    };
    struct room *room = owner;

    notice_left(room, member, how, err);
    if (room->options.one_peer || room->options.once)
        keep_outcome(room, err);
    let_leave(room, member, how == MEMBER_FAILED ? STREAM_ABORT : STREAM_LINGER, why[how]);
}

/* The only one is waited for. */
static bool may_cut(const struct room *room)
{
    return has_rule(room, ROOM_CUT) && room->roster.count > 1;
}

/* It is out before anybody is told, for that may be too much for another one. */
static void cut(struct room *room, struct member *member)
{
    static const char why[] = "it does not take what is sent to it";

    bool was_speaking = room->is_speaking;

    if (member->state != MEMBER_TALKING)
        return;
    uncount(room, member);
    room->is_speaking = true; /* "drained" comes after this, too */
    let_leave(room, member, STREAM_ABORT, "closed, it takes nothing");
    room->is_speaking = was_speaking;
    if (room_is_chat(room))
        chat_left(room, member, NULL);
    room_tell(room, "%s was cut: %s", member->seat.name, why);
    if (room->owes_drained)
        tell_drained(room);
}

static void doom(struct room *room, struct member *member)
{
    if (member->seat.is_doomed || !may_cut(room))
        return;
    member->seat.is_doomed = true;
    TAILQ_INSERT_TAIL(&room->doomed, member, seat.doomed);
}

static void cut_the_doomed(struct room *room)
{
    struct member *member;

    while ((member = TAILQ_FIRST(&room->doomed))) {
        forget_doom(room, member);
        if (may_cut(room))
            cut(room, member);
    }
}

static void on_stuck(void *owner, struct member *member)
{
    if (may_cut(owner))
        cut(owner, member);
}

static void on_said(void *owner, struct member *member, const struct utterance *utterance)
{
    struct room *room = owner;

    notice_speech(room, member, utterance->replaced);
    if (room_is_chat(room)) {
        chat_said(room, member, utterance);
        return;
    }
    room->op->ops->heard(room->op, member, utterance);
    if (has_rule(room, ROOM_MESH))
        room_spread(room, member, utterance->text, utterance->n,
                    !room->options.member.bytes && utterance->is_whole);
    if (room->options.transcript && !room->options.member.bytes)
        transcript_line(room->options.transcript, member->seat.name, utterance->text, utterance->n);
}

static const struct member_events events = {
    .listens = on_listens,
    .grants = on_grants,
    .said = on_said,
    .ended = on_ended,
    .took = on_took,
    .stuck = on_stuck,
    .drained = on_drained,
    .closing = on_closing,
    .closed = on_closed,
};

/* Bytes are no lines yet: a scribe frames them, under the peer's address. */
static struct stream *taken_down(struct room *room, struct stream *stream, struct err *err)
{
    struct scribe_options how = {
        .transcript = room->options.transcript,
        .charset = room->options.member.languages.first ? room->options.member.languages.first
                                                        : room->options.member.utf8,
        .utf8 = room->options.member.utf8,
        .peer = stream_label(stream),
    };

    return how.transcript && room->options.member.bytes ? scribe_new(stream, &how, err) : stream;
}

/* With all that listens in. */
static struct stream *tapped(struct room *room, struct stream *stream, struct err *err)
{
    struct stream *tap =
        room->options.output ? tap_new(room->loop, stream, room->options.output, err) : stream;
    struct stream *scribe = tap ? taken_down(room, tap, err) : NULL;

    if (!scribe)
        stream_close(tap ? tap : stream, STREAM_ABORT);
    return scribe;
}

static void on_second(uv_timer_t *timer)
{
    chat_second(timer->data);
}

/* Only while there is somebody; what waits for a timer is no reason to go on. */
static void open_timers(struct room *room)
{
    uv_timer_t *const timers[] = {&room->pace, &room->second};

    if (room->timers)
        return;
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_timer_init(room->loop, timers[i]);
        uv_unref((uv_handle_t *)timers[i]);
        timers[i]->data = room;
        room->timers++;
    }
    if (room_is_chat(room))
        uv_timer_start(&room->second, on_second, SECOND_MS, SECOND_MS);
}

static struct member *admit(struct room *room, struct stream *stream, struct err *err)
{
    struct member *member =
        member_new(room->loop, stream, &room->options.member, &events, room, err);

    if (!member)
        return NULL;
    if (roster_add(&room->roster, member) < 0) {
        room->leaving++;
        member->seat.why = "refused, out of memory";
        member_leave(member, STREAM_ABORT);
        err_memory(err);
        return NULL;
    }
    if (room->options.one_peer)
        roster_rename(&room->roster, member, "peer");
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
    open_timers(room);
    stream = tapped(room, stream, err);
    member = stream ? admit(room, stream, err) : NULL;
    if (!member)
        return -1;
    log_say(LOG_VERBOSE, "%s connected", member_address(member));
    notice_joined(room, member);
    if (room->op->ops->joined && member->state == MEMBER_TALKING)
        room->op->ops->joined(room->op, member);
    return 0;
}

static const struct handler_ops room_ops = {
    .serve = room_serve,
};

void room_init(struct room *room, uv_loop_t *loop, const struct room_options *options,
               struct room_operator *op)
{
    *room =
        (struct room){.handler = {.ops = &room_ops}, .loop = loop, .options = *options, .op = op};
    TAILQ_INIT(&room->waiting);
    TAILQ_INIT(&room->crowded);
    TAILQ_INIT(&room->doomed);
}

/* ---- delivering ---- */

bool room_is_ready(const struct room *room)
{
    return TAILQ_EMPTY(&room->crowded);
}

static struct member *largest(const struct room *room)
{
    struct member *most = NULL, *member;

    TAILQ_FOREACH(member, &room->crowded, seat.crowded)
    if (!most || member->outbox.bytes > most->outbox.bytes)
        most = member;
    return most;
}

static void keep_memory(struct room *room)
{
    while (room->queued > ROOM_MEMORY && may_cut(room) && largest(room))
        cut(room, largest(room));
}

static void deliver(struct room *room, struct member *member, struct message *message)
{
    size_t before = member->outbox.bytes;

    if (member->seat.is_doomed)
        return;
    if (member_hear(member, message) < 0) {
        room_tell(room, "%s did not get this: out of memory", member->seat.name);
        return;
    }
    room->queued += member->outbox.bytes - before;
    note_crowded(room, member);
    if (member->outbox.bytes > room->options.limit)
        member_flush(member);
    if (member->outbox.bytes > room->options.limit)
        doom(room, member);
}

static void deliver_to_all(struct room *room, const struct member *except, struct message *message)
{
    bool is_outermost = !room->is_speaking;
    struct member *next;

    room->is_speaking = true;
    for (struct member *member = room->roster.first; member; member = next) {
        next = member->seat.next;
        if (member != except)
            deliver(room, member, message);
    }
    if (!is_outermost)
        return;
    room->is_speaking = false;
    cut_the_doomed(room);
    keep_memory(room);
    if (room->owes_drained)
        tell_drained(room);
}

static void deliver_to_one(struct room *room, struct member *member, struct message *message)
{
    deliver(room, member, message);
    if (!room->is_speaking)
        cut_the_doomed(room);
}

static struct message *message_of(struct room *room, const void *text, size_t n, bool is_line)
{
    struct message *message = message_new(room->options.member.utf8, text, n, is_line);

    if (!message)
        room_tell(room, "this was not sent: out of memory");
    return message;
}

void room_spread(struct room *room, const struct member *except, const void *text, size_t n,
                 bool is_line)
{
    struct message *message = message_of(room, text, n, is_line);

    if (!message)
        return;
    room->turn_deliveries += room->roster.count;
    room->turn_bytes += n;
    deliver_to_all(room, except, message);
    message_release(message);
}

void room_whisper(struct room *room, struct member *member, const void *text, size_t n,
                  bool is_line)
{
    struct message *message = message_of(room, text, n, is_line);

    if (!message)
        return;
    deliver_to_one(room, member, message);
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
    deliver_to_all(room, NULL, message);
    lacks = lacking(message);
    if (is_line)
        notice_faults(room, message);
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
    deliver_to_one(room, member, message);
    notice_faults(room, message);
    message_release(message);
}

void room_set_languages(struct room *room, const struct languages *languages)
{
    room->options.member.languages = *languages;
    for (struct member *member = room->roster.first; member; member = member->seat.next)
        member_set_languages(member, languages);
}

static void let_out(struct room *room, struct member *member, const char *why)
{
    struct err none = {0};

    if (room->options.once)
        keep_outcome(room, &none);
    let_leave(room, member, STREAM_LINGER, why);
    end_if_empty(room);
}

void room_remove(struct room *room, struct member *member)
{
    if (room_is_chat(room))
        chat_left(room, member, "removed");
    else
        room_tell(room, "%s was removed", member->seat.name);
    let_out(room, member, "removed");
}

void room_let_leave(struct room *room, struct member *member)
{
    struct err none = {0};

    notice_left(room, member, MEMBER_ENDED, &none);
    let_out(room, member, "closed by the peer");
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

void room_fail(struct room *room, const struct err *err)
{
    err_keep(&room->outcome, err);
    room_end(room);
}

void room_end(struct room *room)
{
    room->ending = true;
    while (room->roster.first)
        let_leave(room, room->roster.first, STREAM_LINGER, "closed by this side");
    end_if_empty(room);
}
