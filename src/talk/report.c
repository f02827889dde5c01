#include "talk/report.h"

#include <inttypes.h>

#include "base/log.h"

const char *report_end(enum relay_end end)
{
    static const char *const how[] = {
        [RELAY_BOTH_ENDED] = "closed by the peer",
        [RELAY_PEER_GONE] = "closed by the peer",
        [RELAY_QUIT] = "closed, the wait after the input's end is over",
        [RELAY_IDLE] = "closed, it was idle for too long",
        [RELAY_FAILED] = "closed after a failure",
    };

    return how[end];
}

void report_closed(const struct relay *relay, const char *how)
{
    log_say(LOG_VERBOSE, "%s %s; %" PRIu64 " bytes received, %" PRIu64 " sent",
            stream_label(relay->in.from), how, relay->in.received, relay->out.sent);
}

void report_visit(const struct relay *relay, const struct stream *peer, uint64_t since,
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

bool report_faults(const struct codec *codec, const char *source)
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
