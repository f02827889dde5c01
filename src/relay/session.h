/* session: what is said about a conversation, in the same words for all kinds of conversations. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/handler.h"
#include "relay/relay.h"
#include "text/codec.h"

/* How a conversation ended. */
struct ending {
    bool by_peer; /* the peer's end came first, or the peer broke it off; else this side did */
    const char *reason; /* NULL: it was closed in good order; else why it was broken off */
};

static const struct ending closed_by_peer = {.by_peer = true};
static const struct ending closed_by_us = {.by_peer = false};

/* A failure of the connection is the peer's; any other one is of this side. The reason is a part of
 * *err: its sentence without the peer's name. */
struct ending ending_of_failure(const char *peer, const struct err *err);

/* The ending of a relay whose far end is the peer; *err as relay_done gave it. */
struct ending ending_of_relay(const struct relay *relay, enum relay_end end, const struct err *err);

/* With -v one of
 *     PEER closed by the peer; 27 bytes received, 21 sent
 *     PEER closed by this side; 27 bytes received, 21 sent
 *     PEER broken off by the peer: REASON; 27 bytes received, 21 sent
 *     PEER broken off by this side: REASON; 27 bytes received, 21 sent */
void session_ending(const char *peer, struct ending ending, uint64_t received, uint64_t sent);

/* The same of a relay. */
void session_relay(const struct relay *relay, struct ending ending);

/* Shows a visitor the peer of a conversation that lasts; a zeroed relay has moved nothing yet. */
void session_visit(const struct relay *relay, const struct stream *peer, uint64_t since,
                   handler_visit *visit, void *owner);

/* "PEER did not take 27 bytes", which were for it when the run ended; nothing where there are none.
 */
void session_untaken(const char *peer, uint64_t bytes);

/* "SOURCE: 2 byte sequences were not valid GBK, the first at byte 1234", and what the target does
 * not have. Returns whether there was anything to say. */
bool session_faults(const struct codec *codec, const char *source);
