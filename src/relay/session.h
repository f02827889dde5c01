/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session: the sentences that the handlers of relays share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/ending.h"
#include "net/handler.h"
#include "relay/relay.h"
#include "text/codec.h"

/* The ending of a relay whose far end is the peer; *err as relay_done gave it. */
struct ending ending_of_relay(const struct relay *relay, enum relay_end end, const struct err *err);

/* Says how the conversation of a relay ended; see ending_say. */
void session_relay(const struct relay *relay, struct ending ending);

/* Shows a visitor the peer of a conversation that lasts; a zeroed relay has moved nothing yet. */
void session_visit(const struct relay *relay, const struct stream *peer, uint64_t since,
                   handler_visit *visit, void *owner);

/* "SOURCE: 2 byte sequences were not valid GBK, the first at byte 1234", and what the target does
 * not have. Returns whether there was anything to say. */
bool session_faults(const struct codec *codec, const char *source);
