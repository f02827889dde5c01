/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encoding: the encoding of a peer: one charset, or UTF-8 and another one by evidence.
 *
 * With two charsets each message is read by all the evidence so far (see text/detect), and answers
 * follow it. A struct encoding is a few bytes per peer; the charsets are shared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "text/charset.h"
#include "text/codec.h"
#include "text/detect.h"

/* In order of preference. */
struct encoding_list {
    struct charset *first;
    struct charset *second; /* NULL, or one of the two is UTF-8 */
};

/* Reads LIST: a charset, "utf-8" and one other in order of preference, or "auto" for utf-8 and
 * `legacy`. Opens the charsets in *charsets; `only_labels` as charset_find_label. -1 and ERR_USAGE
 * for a wrong LIST. */
int encoding_list_parse(struct encoding_list *encodings, const char *list, struct charset *legacy,
                        struct charsets *charsets, bool only_labels, struct err *err);

/* Checks LIST without opening an encoding of the standard. */
int encoding_list_check(const char *list, struct err *err);

enum { ENCODING_LIST_NAME = 80 };

/* "GBK" or "UTF-8, GBK". */
void encoding_list_name(const struct encoding_list *encodings, char name[ENCODING_LIST_NAME]);

struct encoding {
    struct encoding_list encodings;
    struct detect detect;
    bool told; /* by encoding_news */
};

void encoding_init(struct encoding *encoding, const struct encoding_list *encodings);

/* The number of bytes at the end of n that may be an unfinished character in a possible charset. */
size_t encoding_unfinished(const struct encoding *encoding, const unsigned char *bytes, size_t n);

/* A message of a peer. */
struct encoding_message {
    const unsigned char *bytes;
    size_t n;
    bool is_all; /* an unfinished character at its end is bad text; else it is left out */

    /* The answer of encoding_decode. */
    struct charset *charset; /* the message is read in */
    size_t unfinished;       /* bytes at its end that may be an unfinished character */
    bool is_valid;           /* in `charset`, but for those */
    bool replaced;           /* some of it was bad text */
};

/* Takes a message as evidence, without its unfinished character, and appends it to `text` by the
 * plan, whose `from` is left open. Each charset that is possible decodes it once at most.
 * -1 as codec_push has it; after ERR_TEXT the answer is good. */
MUST_CHECK int encoding_decode(struct encoding *encoding, const struct codec_plan *plan,
                               struct encoding_message *message, struct buf *text, struct err *err);

/* The charset of the last message. */
struct charset *encoding_read(const struct encoding *encoding);

/* The charset to answer in. */
struct charset *encoding_reply(const struct encoding *encoding);

/* The known charset of a peer with two charsets, else NULL. */
struct charset *encoding_known(const struct encoding *encoding);

/* The same once, when it becomes known, to tell the user; else NULL. */
struct charset *encoding_news(struct encoding *encoding);
