/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/session.h"

#include <inttypes.h>

#include "base/event.h"

/* ---- start ---- */

void session_begin(struct session *session, uv_loop_t *loop, struct stream *far)
{
    *session = (struct session){.loop = loop, .far = far, .since = uv_now(loop)};
    event_say(EVENT_VERBOSE, "%s connected", stream_label(far));
}

/* NULL: bytes pass unconverted. */
static struct conversion *open_conversion(struct conversion *conversion,
                                          const struct codec_plan *plan, struct conversion *back)
{
    codec_init(&conversion->codec, plan);
    conversion->back = back;
    return codec_is_identity(plan) ? NULL : conversion;
}

static struct codec_plan outward_plan(const struct session_options *options)
{
    return (struct codec_plan){
        .from = options->far ? options->near : NULL,
        .to = options->far,
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
    session->is_text = options->far;
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
    ending_say(stream_label(session->far), ending, session->relay.in.received,
               session->relay.out.sent);
}

static const char *plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

/* "SOURCE: 2 byte sequences were not valid GBK, the first at byte 1234", and the characters that
 * the target lacks. Returns whether there were any. */
static bool say_faults(const struct codec *codec, const char *source)
{
    const struct codec_faults *faults = &codec->faults;

    if (faults->undecodable)
        event_say_error("%s: %" PRIu64 " %s not valid %s, the first at byte %" PRIu64, source,
                        faults->undecodable,
                        plural(faults->undecodable, "byte sequence was", "byte sequences were"),
                        charset_name(codec->plan.from), faults->undecodable_at);
    if (faults->unencodable)
        event_say_error(
            "%s: %" PRIu64 " %s not in %s, the first U+%04" PRIX32 " at byte %" PRIu64, source,
            faults->unencodable, plural(faults->unencodable, "character is", "characters are"),
            charset_name(codec->plan.to), faults->unencodable_first, faults->unencodable_at);
    return faults->undecodable || faults->unencodable;
}

void session_conclude(const struct session *session, enum relay_end end, const struct err *err,
                      const char *near, struct err *outcome)
{
    bool replaced = false;

    *outcome = *err;
    session_say(session, ending_of(session, end, err));
    if (session->is_text) {
        if (codec_met_utf16(&session->inward.codec))
            event_say_error("%s sends UTF-16, which tcpchat does not read",
                            stream_label(session->far));
        replaced = say_faults(&session->inward.codec, stream_label(session->far));
        replaced |= say_faults(&session->outward.codec, near);
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
        return err->kind == ERR_TEXT ? STREAM_BREAK : STREAM_ABORT;
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
