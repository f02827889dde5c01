/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/session.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/event.h"
#include "base/language.h"
#include "net/opening.h"

enum { CHARACTER = 16 };

/* ---- start ---- */

void session_begin(struct session *session, uv_loop_t *loop, struct stream *far, bool is_dialled)
{
    *session = (struct session){.loop = loop, .far = far, .since = uv_now(loop)};
    opening_tell(far, is_dialled, false);
}

/* NULL: bytes pass unconverted. */
static struct conversion *open_conversion(struct conversion *conversion,
                                          const struct codec_plan *plan, struct conversion *back)
{
    codec_init(&conversion->codec, plan);
    conversion->back = back;
    return codec_is_identity(plan) && !conversion->literals ? NULL : conversion;
}

/* A literal is text, too, whose charset is the local one where no other is given. */
static struct codec_plan outward_plan(const struct session_options *options)
{
    return (struct codec_plan){
        .from = options->far || options->literals ? options->near : NULL,
        .to = options->literals && !options->far ? options->near : options->far,
        .text = options->text,
        .wire = options->outward_wire,
    };
}

/* A terminal is shown text, whatever the peer sends; without -e in the local charset. */
static struct codec_plan inward_plan(const struct session_options *options)
{
    bool is_text = options->far || options->shows;
    struct text_options text = options->far ? options->text : (struct text_options){0};

    text.eol = EOL_AS_IS;
    return (struct codec_plan){
        .from = options->far ? options->far
                : is_text    ? options->near
                             : NULL,
        .to = is_text ? options->near : NULL,
        .text = text,
        .safe = options->shows,
        .wire = WIRE_IS_INPUT,
    };
}

int session_join(struct session *session, const struct session_options *options, relay_done *done,
                 void *owner, struct err *err)
{
    struct codec_plan outward = outward_plan(options), inward = inward_plan(options);
    struct relay_options relay = options->relay;

    if (options->tee.transcript) {
        struct stream *tee = transcript_tee_new(session->far, &options->tee, err);

        if (!tee)
            return -1;
        session->far = tee;
    }
    session->is_text = options->far || options->literals;
    session->outward.literals = options->literals;
    telnet_set_charsets(&session->inward.telnet, options->far, NULL);
    telnet_set_charsets(&session->outward.telnet, options->near_is_peer ? options->near : NULL,
                        NULL);
    relay.outward = open_conversion(&session->outward, &outward, &session->inward);
    relay.inward = open_conversion(&session->inward, &inward, &session->outward);
    if (relay_start(&session->relay, session->loop, session->near, session->far, &relay, done,
                    owner, err) < 0)
        return -1;
    session->is_joined = true;
    return 0;
}

/* ---- sentences ---- */

static struct ending ending_of(const struct session *session, enum relay_end end,
                               const struct err *err)
{
    if (end == RELAY_FAILED || end == RELAY_IDLE)
        return ending_of_failure(stream_label(session->far), err);
    return session->relay.far_first || end == RELAY_PEER_GONE ? closed_by_peer : closed_by_us;
}

void session_say(const struct session *session, struct ending ending)
{
    ending_tell(session->far, NULL, ending, session->relay.in.received, session->relay.out.sent);
}

/* "SOURCE: 2 byte sequences were not valid GBK, the first at byte 1234" */
static const char *const undecodable[2] = {
    NN_("{source}: {count} byte sequence was not valid {encoding}, the first at byte {offset}",
        "{source}: {count} byte sequences were not valid {encoding}, the first at byte {offset}")};
/* "SOURCE: 1 character is not in GBK, the first U+1F600 at byte 1" */
static const char *const unencodable[2] = {NN_(
    "{source}: {count} character is not in {encoding}, the first {character} at byte {offset}",
    "{source}: {count} characters are not in {encoding}, the first {character} at byte {offset}")};

static void tell_fault(struct event event, const char *const sentences[2], uint64_t count,
                       uint64_t offset)
{
    event.sentence = sentences[0];
    event.sentences = sentences[1];
    event.counted = event.count = count;
    event.offset = offset;
    if (count)
        event_tell(&event);
}

/* Returns whether there were any. */
static bool tell_faults(const struct session *session, const struct codec *codec,
                        const char *source, const char *direction)
{
    const struct codec_faults *faults = &codec->faults;
    struct event event = {.kind = EVENT_BAD_TEXT,
                          .peer = stream_label(session->far),
                          .source = source,
                          .direction = direction};
    char character[CHARACTER];

    if (!faults->undecodable && !faults->unencodable)
        return false;
    event.encoding = charset_name(codec->plan.from);
    tell_fault(event, undecodable, faults->undecodable, faults->undecodable_at);
    event.encoding = charset_name(codec->plan.to);
    event.character = character;
    snprintf(character, sizeof character, "U+%04" PRIX32, faults->unencodable_first);
    tell_fault(event, unencodable, faults->unencodable, faults->unencodable_at);
    return true;
}

static void tell_utf16(const struct session *session)
{
    event_tell(&(struct event){.kind = EVENT_BAD_TEXT,
                               .sentence = N_("{peer} sends UTF-16, which tcpchat does not read"),
                               .peer = stream_label(session->far),
                               .source = stream_label(session->far),
                               .direction = "in",
                               .count = 1});
}

void session_conclude(const struct session *session, enum relay_end end, const struct err *err,
                      const char *near, struct err *outcome)
{
    bool replaced = false;

    *outcome = *err;
    session_say(session, ending_of(session, end, err));
    if (session->is_text) {
        if (codec_met_utf16(&session->inward.codec))
            tell_utf16(session);
        replaced = tell_faults(session, &session->inward.codec, stream_label(session->far), "in");
        replaced |= tell_faults(session, &session->outward.codec, near, "out");
    }
    if (replaced && outcome->kind == ERR_NONE)
        err_set(outcome, ERR_TEXT, "%s", "");
}

void session_visit(const struct session *session, handler_visit *visit, void *owner)
{
    struct handler_peer found = {
        .label = stream_label(session->far),
        .received = session->relay.in.received,
        .sent = session->relay.out.sent,
        .waiting = chunk_length(&session->relay.out.pending),
        .since = session->since,
    };

    visit(owner, &found);
}

/* ---- the end ---- */

enum stream_close session_far_close(const struct session *session, enum relay_end end,
                                    const struct err *err)
{
    if (end == RELAY_FAILED || end == RELAY_IDLE)
        return err->kind == ERR_TEXT || err->kind == ERR_USAGE ? STREAM_BREAK : STREAM_ABORT;
    return chunk_length(&session->relay.out.pending) ? STREAM_ABORT : STREAM_LINGER;
}

static void finish_close(struct session *session)
{
    if (session->closed)
        session->closed(session);
}

static void on_relay_closed(struct relay *relay)
{
    finish_close((struct session *)relay);
}

void session_close(struct session *session, enum stream_close near, enum stream_close far,
                   void (*closed)(struct session *session))
{
    session->closed = closed;
    if (session->is_joined)
        relay_close(&session->relay, on_relay_closed);
    if (session->near)
        stream_close(session->near, near);
    if (session->far)
        stream_close(session->far, far);
    session->near = session->far = NULL;
    conversion_fini(&session->outward);
    conversion_fini(&session->inward);
    if (!session->is_joined)
        finish_close(session);
}
