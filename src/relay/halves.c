/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/halves.h"

static bool wants_to_read(const struct relay *relay, const struct relay_half *half)
{
    return half->state == RELAY_OPEN && !chunk_length(&half->pending) && !halves_rest(relay, half);
}

static bool wants_to_write(const struct relay *relay, const struct relay_half *half)
{
    return (chunk_length(&half->pending) || half->state == RELAY_DRAIN) &&
           !halves_rest(relay, half);
}

static unsigned bits(bool in, bool out, bool loss)
{
    return (in ? STREAM_IN : 0u) | (out ? STREAM_OUT : 0u) | (loss ? STREAM_LOSS : 0u);
}

/* A closed stdout ends the run at once, so it is watched as long as it is open. A peer that has
 * ended is watched for hanging up while bytes may go to it; after our FIN the system reports every
 * such socket as hung up. */
void halves_watch(struct relay *relay)
{
    const struct relay_half *out = &relay->out, *in = &relay->in;
    bool may_hang_up =
        in->state == RELAY_CLOSED && (out->state == RELAY_OPEN || chunk_length(&out->pending));

    stream_watch(out->from, bits(wants_to_read(relay, out), wants_to_write(relay, in),
                                 in->state != RELAY_CLOSED));
    stream_watch(out->to, bits(wants_to_read(relay, in), wants_to_write(relay, out), may_hang_up));
}
