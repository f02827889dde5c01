/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detect: which of two charsets a peer speaks, UTF-8 or a legacy one, by evidence.
 *
 * Each whole message gives evidence, in tenths of nats for the legacy charset; it is summed up per
 * peer, so that short words that are valid in both are read as what the peer spoke before.
 *
 *     not valid UTF-8, but valid in the legacy charset    +90
 *     valid UTF-8 with a three- or four-byte character     -90
 *     valid UTF-8 with two-byte characters only            the sum over a table of how often each
 *                                                          pair is a hanzi or a letter, at most 90
 *                                                          either way (Chinese charsets; -90 else);
 *                                                          -40 for each end of a run of pairs that
 *                                                          touches an ASCII letter, as in "være"
 *     ASCII, or valid in neither                             0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/charset.h"

enum {
    DETECT_STRONG = 90, /* one certain message; from here on a peer is known */
    DETECT_LIMIT = 200, /* the sum never passes this, so that a peer can change its mind */
    DETECT_REPLY = 30,  /* so much is needed to answer in the one that is not first */
};

enum detect_verdict { DETECT_UTF8, DETECT_LEGACY };

/* Per peer. */
struct detect {
    short sum;                 /* tenths of nats for the legacy charset */
    enum detect_verdict first; /* of the user's list: what counts while nothing is known */
};

void detect_init(struct detect *detect, enum detect_verdict first);

/* The evidence of one whole message; is_valid: all of it is valid in the legacy charset. */
int detect_evidence(const struct charset *legacy, bool is_valid, const void *bytes, size_t n);

/* Adds a message's evidence and says how to read that message. */
enum detect_verdict detect_message(struct detect *detect, int evidence);

/* How to write to the peer. */
enum detect_verdict detect_reply(const struct detect *detect);

/* Whether the evidence is strong enough to tell the user what the peer speaks. */
bool detect_is_known(const struct detect *detect);
