/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detect: whether a peer speaks UTF-8 or a legacy charset, by evidence.
 *
 * Each whole message gives evidence, in tenths of nats for the legacy charset. The sum per peer
 * decides, so that a short word that is valid in both is read as the messages before it.
 *
 *     not valid UTF-8, but valid in the legacy charset    +90
 *     valid UTF-8 with a three- or four-byte character     -90
 *     valid UTF-8 with two-byte characters only            Chinese charsets: the sum over the log
 *                                                          odds of each pair as hanzi or letter
 *                                                          (detect_table.csv), and -40 for each end
 *                                                          of a pair at an ASCII letter, as in
 *                                                          "være", clipped to 90; others: -90
 *     ASCII, or valid in neither                             0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/charset.h"

enum {
    DETECT_STRONG = 90, /* the evidence of a certain message; a peer with this sum is known */
    DETECT_LIMIT = 200, /* the sum is clipped to it, so that a peer may change its charset */
    DETECT_REPLY = 30,  /* the sum that it takes to answer in the charset that is not first */
};

enum detect_verdict { DETECT_UTF8, DETECT_LEGACY };

/* Per peer. */
struct detect {
    short sum;                 /* tenths of nats for the legacy charset */
    enum detect_verdict first; /* the first charset of the user's list, for a sum of 0 */
};

void detect_init(struct detect *detect, enum detect_verdict first);

/* The evidence of one whole message; is_valid: it is valid in the legacy charset. */
int detect_evidence(const struct charset *legacy, bool is_valid, const void *bytes, size_t n);

/* Adds the evidence of a message and returns the charset to read that message in. */
enum detect_verdict detect_message(struct detect *detect, int evidence);

/* The charset to write to the peer in. */
enum detect_verdict detect_reply(const struct detect *detect);

/* Whether the evidence is strong enough to tell the user the charset. */
bool detect_is_known(const struct detect *detect);
