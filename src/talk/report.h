/* report: what is said about a conversation between two ends once it is over. */
#pragma once

#include <stdbool.h>

#include "talk/handler.h"
#include "talk/relay.h"
#include "text/codec.h"

/* How it ended, after the peer's name: "closed by the peer". */
const char *report_end(enum relay_end end);

/* Shows a visitor the peer of a conversation that lasts; a zeroed relay has moved nothing yet. */
void report_visit(const struct relay *relay, const struct stream *peer, uint64_t since,
                  handler_visit *visit, void *owner);

/* With -v: "127.0.0.1:53122 HOW; 27 bytes received, 21 sent", as far as its peer is concerned. */
void report_closed(const struct relay *relay, const char *how);

/* "SOURCE: 2 byte sequences were not valid GBK, the first at byte 1234", and what the target does
 * not have. Returns whether there was anything to say. */
bool report_faults(const struct codec *codec, const char *source);
