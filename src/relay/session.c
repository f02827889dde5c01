#include "relay/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

/* ---- how it ended ---- */

/* NULL: it is not about the peer. */
static const char *without_name(const char *sentence, const char *peer)
{
    size_t length = strlen(peer);

    return !strncmp(sentence, peer, length) && !strncmp(sentence + length, ": ", 2)
               ? sentence + length + 2
               : NULL;
}

struct ending ending_of_failure(const char *peer, const struct err *err)
{
    const char *about_peer = without_name(err->sentence, peer);

    return (struct ending){
        .by_peer = about_peer && err->kind == ERR_NETWORK,
        .reason = about_peer ? about_peer : err->sentence,
    };
}

struct ending ending_of_relay(const struct relay *relay, enum relay_end end, const struct err *err)
{
    if (end == RELAY_FAILED || end == RELAY_IDLE)
        return ending_of_failure(stream_label(relay->in.from), err);
    return relay->far_first || end == RELAY_PEER_GONE ? closed_by_peer : closed_by_us;
}

void session_ending(const char *peer, struct ending ending, uint64_t received, uint64_t sent)
{
    log_say(LOG_VERBOSE, "%s %s by %s%s%s; %" PRIu64 " bytes received, %" PRIu64 " sent", peer,
            ending.reason ? "broken off" : "closed", ending.by_peer ? "the peer" : "this side",
            ending.reason ? ": " : "", ending.reason ? ending.reason : "", received, sent);
}

void session_relay(const struct relay *relay, struct ending ending)
{
    session_ending(stream_label(relay->in.from), ending, relay->in.received, relay->out.sent);
}

void session_visit(const struct relay *relay, const struct stream *peer, uint64_t since,
                   handler_visit *visit, void *owner)
{
    struct handler_peer found = {
        .label = stream_label(peer),
        .received = relay->in.received,
        .sent = relay->out.sent,
        .waiting = buf_length(&relay->out.pending),
        .since = since,
    };

    visit(owner, &found);
}

static const char *plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

void session_untaken(const char *peer, uint64_t bytes)
{
    if (bytes)
        log_say(LOG_ERROR, "%s did not take %" PRIu64 " %s", peer, bytes,
                plural(bytes, "byte", "bytes"));
}

/* ---- text ---- */

bool session_faults(const struct codec *codec, const char *source)
{
    const struct codec_faults *faults = &codec->faults;

    if (faults->undecodable)
        log_say(LOG_ERROR, "%s: %" PRIu64 " %s not valid %s, the first at byte %" PRIu64, source,
                faults->undecodable,
                plural(faults->undecodable, "byte sequence was", "byte sequences were"),
                charset_name(codec->plan.from), faults->undecodable_at);
    if (faults->unencodable)
        log_say(LOG_ERROR,
                "%s: %" PRIu64 " %s not in %s, the first U+%04" PRIX32 " at byte %" PRIu64, source,
                faults->unencodable, plural(faults->unencodable, "character is", "characters are"),
                charset_name(codec->plan.to), faults->unencodable_first, faults->unencodable_at);
    return faults->undecodable || faults->unencodable;
}
