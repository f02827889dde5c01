/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detect: whether a peer speaks UTF-8 or a legacy charset, by evidence.
 *
 * Each whole message gives evidence, in tenths of nats for the legacy charset. The sum per peer
 * decides, so that a short word that is valid in both is read as the messages before it.
 *
 *     not valid UTF-8, and clearly fewer faults in the     +90
 *       legacy charset (one bad byte makes neither lose)
 *     valid UTF-8 with a three- or four-byte character,    -90
 *       or with clearly fewer faults than in the legacy
 *       charset; U+FFFD does not count
 *     valid UTF-8 with two-byte characters only            words, see below; for a legacy charset
 *                                                          that is not Chinese: -90
 *     ASCII, or as faulty in both                            0
 *
 * Words are hanzi of GB2312 or letters. Their evidence, clipped to 90, is the sum of
 *
 *     each pair of bytes               the log odds in detect_table.csv, -60 for others
 *     a letter repeated at once        counted once: "лл" is 谢谢 in GBK
 *     each end at an ASCII letter      -40: a word mixes Latin letters ("være"); hanzi stand apart
 *     letters that look like no word   +50, see text/wordlike; so do letters of another script of
 *                                      which one end is at an ASCII letter: "OKлл" is OK谢谢
 *     the first words of a peer        +66, the prior, where the locale's language is written
 *                                      in the legacy charset (zh, ja, ko)
 *
 * "é", the most frequent letter that is a word by itself, has -71 and outweighs the prior.
 * In the other charsets with a prior a pair has -90. Nothing but such words needs the prior.
 *
 * Certain evidence is about bytes, not words. A message of it is read by it alone, and where it
 * contradicts the sum it becomes the sum: the peer has changed its charset.
 *
 * Measured on the lists in tests/text, as first messages: of 3000 words of written Chinese in GBK 3
 * are misread, of 3000 spoken ones 3, and none where the prior counts; of lines of two to four
 * words in Russian, Greek, Hebrew and Arabic in UTF-8 fewer than 0.03 %. A word of Chinese right
 * beside one in ASCII is misread in 0.7 % of cases, and in 0.1 % where the prior counts: nearly all
 * are one Latin letter in UTF-8, as in "ûok" (没ok), and are in doubt. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/charset.h"

enum {
    DETECT_STRONG = 90, /* the evidence of a certain message; a peer with this sum is known */
    DETECT_LIMIT = 200, /* the sum is clipped to it */
    DETECT_PRIOR = 66,
    DETECT_DOUBT = 70, /* words with a smaller sum may have been meant in the other charset */
};

enum detect_verdict { DETECT_UTF8, DETECT_LEGACY };

/* Per peer. */
struct detect {
    short sum;           /* tenths of nats for the legacy charset */
    unsigned char first; /* enum detect_verdict: the first of the user's list, for a sum of 0 */
    unsigned char shown; /* the same, of the last message that was not ASCII; before one, `first` */
    bool has_prior;      /* the prior is still to count */
    bool is_unsure;      /* the last message may have been meant in the other charset */
};

enum detect_kind {
    EVIDENCE_NONE,  /* ASCII */
    EVIDENCE_WORDS, /* letters or hanzi */
    EVIDENCE_BYTES, /* certain */
};

struct detect_evidence {
    short nats; /* tenths, for the legacy charset */
    enum detect_kind kind;
    bool is_within; /* some words are between two ASCII letters, as a hanzi hardly ever is */
};

/* prior: the locale's language is written in the legacy charset. */
void detect_init(struct detect *detect, enum detect_verdict first, bool prior);

/* The evidence of one whole message with `faults` faults in the legacy charset. The faults count
 * only in what is not valid UTF-8. */
struct detect_evidence detect_weigh(const struct detect *detect, const struct charset *legacy,
                                    size_t faults, const void *bytes, size_t n);

/* Adds the evidence of a message and returns the charset to read that message in. */
enum detect_verdict detect_message(struct detect *detect, struct detect_evidence evidence);

/* Whether the evidence is strong enough to tell the user the charset. */
bool detect_is_known(const struct detect *detect);
