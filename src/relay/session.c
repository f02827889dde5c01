/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/session.h"

#include <inttypes.h>

#include "base/log.h"

struct ending ending_of_relay(const struct relay *relay, enum relay_end end, const struct err *err)
{
    if (end == RELAY_FAILED || end == RELAY_IDLE)
        return ending_of_failure(stream_label(relay->in.from), err);
    return relay->far_first || end == RELAY_PEER_GONE ? closed_by_peer : closed_by_us;
}

void session_relay(const struct relay *relay, struct ending ending)
{
    ending_say(stream_label(relay->in.from), ending, relay->in.received, relay->out.sent);
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

/* ---- text ---- */

static const char *plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

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
