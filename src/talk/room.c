#include "talk/room.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum { SENTENCE = 1024 };

/* ---- notices ---- */

__attribute__((format(printf, 2, 3))) static void tell(struct room *room, const char *format, ...)
{
    char sentence[SENTENCE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    room->op->ops->told(room->op, sentence);
    if (room->options.transcript)
        transcript_notice(room->options.transcript, sentence);
}

static void tell_joined(struct room *room, const struct member *member)
{
    if (!room->options.one_peer)
        tell(room, "%s %s joined", member->name, member_address(member));
}

/* The sentence of a failure begins with the address, which the notice has no need of. */
static const char *reason_of(const struct member *member, const struct err *err)
{
    const char *address = member_address(member);
    size_t length = strlen(address);

    if (strncmp(err->sentence, address, length) || strncmp(err->sentence + length, ": ", 2))
        return err->sentence;
    return err->sentence + length + 2;
}

static void tell_left(struct room *room, const struct member *member, enum member_end how,
                      const struct err *err)
{
    const char *who = room->options.one_peer ? member_address(member) : member->name;

    if (how == MEMBER_TOO_LATE)
        tell(room, "%s was waited for long enough", who);
    else if (how == MEMBER_ENDED)
        tell(room, room->options.one_peer ? "%s closed the connection" : "%s left", who);
    else if (!room->options.one_peer)
        tell(room, "%s left: %s", who, reason_of(member, err));
}

/* What somebody's charset does not have, once for each charset. */
static void tell_faults(struct room *room, const struct message *message)
{
    for (const struct form *form = message->forms; form; form = form->next) {
        const struct codec_faults *faults = &form->faults;
        const char *how = form->plan.bad == BAD_ESCAPE ? "escaped" : "sent as ?";

        if (faults->unencodable == 1)
            tell(room, "1 character is not in %s and was %s: U+%04" PRIX32,
                 charset_name(form->plan.charset), how, faults->unencodable_first);
        else if (faults->unencodable)
            tell(room, "%" PRIu64 " characters are not in %s and were %s, the first U+%04" PRIX32,
                 faults->unencodable, charset_name(form->plan.charset), how,
                 faults->unencodable_first);
    }
}

static void tell_news(struct room *room, struct member *member, bool replaced)
{
    const struct charset *news = speech_news(&member->speech);
    char name[LANGUAGES_NAME];

    if (news)
        tell(room, "%s speaks %s", member->name, charset_name(news));
    if (!replaced || member->told_replaced)
        return;
    member->told_replaced = true;
    languages_name(&member->speech.languages, name);
    tell(room, "%s sends text that is not valid %s", member->name, name);
}

/* ---- members ---- */

static void end_if_empty(struct room *room)
{
    if (!room->ending || room->is_over || room->roster.count || room->leaving)
        return;
    room->is_over = true;
    room->handler.done(room->handler.owner, &room->outcome);
}

static void on_closed(void *owner, struct member *member)
{
    struct room *room = owner;

    (void)member;
    room->leaving--;
    end_if_empty(room);
}

/* In the middle of a message to all nobody is told anything: it would be answered before all have
 * the message. */
static void tell_drained(struct room *room)
{
    room->owes_drained = room->is_speaking;
    if (!room->is_speaking && !room->crowded)
        room->op->ops->drained(room->op);
}

/* Out of the roster at once; the rest of its outbox may take a moment. */
static void let_leave(struct room *room, struct member *member, enum stream_close how,
                      const char *why)
{
    bool was_crowded = member_is_crowded(member);

    log_say(LOG_VERBOSE, "%s %s; %" PRIu64 " bytes received, %" PRIu64 " sent",
            member_address(member), why, member->received, member->outbox.sent);
    roster_remove(&room->roster, member);
    room->leaving++;
    member_leave(member, how);
    if (was_crowded) {
        room->crowded--;
        tell_drained(room);
    }
}

/* What was told as a notice is not said again at the end. */
static void keep_outcome(struct room *room, const struct err *err)
{
    room->outcome = *err;
    room->ending = true;
    if (!room->options.one_peer)
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

    tell_left(room, member, how, err);
    if (room->options.one_peer || room->options.once)
        keep_outcome(room, err);
    let_leave(room, member, how == MEMBER_FAILED ? STREAM_ABORT : STREAM_LINGER, why[how]);
}

static bool on_listens(void *owner)
{
    struct room *room = owner;

    return room->op->ops->listens(room->op);
}

static void on_said(void *owner, struct member *member, const struct utterance *utterance)
{
    struct room *room = owner;

    tell_news(room, member, utterance->replaced);
    room->op->ops->heard(room->op, member, utterance);
    if (room->options.transcript)
        transcript_line(room->options.transcript, member->name, utterance->text, utterance->n);
}

static void on_drained(void *owner, struct member *member)
{
    struct room *room = owner;

    (void)member;
    room->crowded--;
    tell_drained(room);
}

/* The only one is waited for. */
static bool may_cut(const struct room *room)
{
    return room->options.rule == ROOM_CUT && room->roster.count > 1;
}

static void cut(struct room *room, struct member *member)
{
    tell(room, "%s was cut: it does not take what is sent to it", member->name);
    let_leave(room, member, STREAM_ABORT, "closed, it takes nothing");
}

static void on_stuck(void *owner, struct member *member)
{
    if (may_cut(owner))
        cut(owner, member);
}

static const struct member_events events = {
    .listens = on_listens,
    .said = on_said,
    .ended = on_ended,
    .stuck = on_stuck,
    .drained = on_drained,
    .closed = on_closed,
};

static struct stream *tapped(struct room *room, struct stream *stream, struct err *err)
{
    struct stream *tap;

    if (!room->options.output)
        return stream;
    tap = tap_new(room->loop, stream, room->options.output, err);
    if (!tap)
        stream_close(stream, STREAM_ABORT);
    return tap;
}

static int room_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct room *room = (struct room *)handler;
    struct member *member;

    if (room->ending) {
        stream_close(stream, STREAM_ABORT);
        return 0;
    }
    stream = tapped(room, stream, err);
    if (!stream)
        return -1;
    member = member_new(room->loop, stream, &room->options.member, &events, room, err);
    if (!member)
        return -1;
    roster_add(&room->roster, member);
    if (room->options.one_peer)
        strcpy(member->name, "peer");
    tell_joined(room, member);
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
}

/* ---- the operator ---- */

bool room_is_ready(const struct room *room)
{
    return room->crowded == 0;
}

static void deliver(struct room *room, struct member *member, struct message *message)
{
    bool was_crowded = member_is_crowded(member);

    if (member_hear(member, message) < 0) {
        tell(room, "%s did not get this: out of memory", member->name);
        return;
    }
    if (!was_crowded && member_is_crowded(member))
        room->crowded++;
    if (member->outbox.bytes > OUTBOX_LIMIT && may_cut(room))
        cut(room, member);
}

static struct message *message_of(struct room *room, const void *text, size_t n, bool is_line)
{
    struct message *message = message_new(room->options.member.utf8, text, n, is_line);

    if (!message)
        tell(room, "this was not sent: out of memory");
    return message;
}

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
    struct message *message = message_of(room, text, n, is_line);
    struct member *next;
    uint64_t lacks;

    if (!message)
        return 0;
    room->is_speaking = true;
    for (struct member *member = room->roster.first; member; member = next) {
        next = member->next;
        deliver(room, member, message);
    }
    room->is_speaking = false;
    lacks = lacking(message);
    if (is_line)
        tell_faults(room, message);
    message_release(message);
    if (room->owes_drained)
        tell_drained(room);
    return lacks;
}

void room_speak_to(struct room *room, struct member *member, const void *text, size_t n)
{
    struct message *message = message_of(room, text, n, true);

    if (!message)
        return;
    deliver(room, member, message);
    tell_faults(room, message);
    message_release(message);
}

void room_resume(struct room *room)
{
    struct member *next;

    for (struct member *member = room->roster.first; member; member = next) {
        next = member->next;
        member_resume(member);
    }
}

void room_set_languages(struct room *room, const struct languages *languages)
{
    room->options.member.languages = *languages;
    for (struct member *member = room->roster.first; member; member = member->next)
        member_set_languages(member, languages);
}

void room_remove(struct room *room, struct member *member)
{
    struct err none = {0};

    tell(room, "%s was removed", member->name);
    if (room->options.once)
        keep_outcome(room, &none);
    let_leave(room, member, STREAM_LINGER, "removed");
    end_if_empty(room);
}

void room_finish(struct room *room)
{
    for (struct member *member = room->roster.first; member; member = member->next)
        member_finish(member);
}

void room_end(struct room *room)
{
    room->ending = true;
    while (room->roster.first)
        let_leave(room, room->roster.first, STREAM_LINGER, "closed by this side");
    end_if_empty(room);
}
