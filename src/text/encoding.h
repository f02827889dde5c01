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

/* The charset beside UTF-8 that is usual in a locale. */
struct encoding_legacy {
    struct charset *charset;
    bool has_prior; /* it has more bytes than one for a character, and the language is written in
                       it: text/detect has a prior for it */
};

/* In order of preference. */
struct encoding_list {
    struct charset *first;
    struct charset *second; /* NULL, or one of the two is UTF-8 */
    bool has_prior;         /* for the one that is not UTF-8 */
    bool is_raw;            /* -e raw: no byte is telnet's, a key or a line end but LF. `first` is
                               only for showing what came */
};

/* Reads LIST: a charset, "utf-8" and one other in order of preference, or "auto" for utf-8 and
 * *legacy. Opens the charsets in *charsets; `only_labels` as charset_find_label. -1 and ERR_USAGE
 * for a wrong LIST. */
int encoding_list_parse(struct encoding_list *encodings, const char *list,
                        const struct encoding_legacy *legacy, struct charsets *charsets,
                        bool only_labels, struct err *err);

/* Checks LIST without opening an encoding of the standard. */
int encoding_list_check(const char *list, struct err *err);

enum { ENCODING_LIST_NAME = 80 };

/* "GBK" or "UTF-8, GBK". */
void encoding_list_name(const struct encoding_list *encodings, char name[ENCODING_LIST_NAME]);

struct encoding {
    struct encoding_list encodings;
    struct detect detect;
    unsigned char told : 2;       /* by encoding_news: 0, or 1 + enum detect_verdict */
    unsigned char changes : 3;    /* that were told */
    unsigned char told_doubt : 1; /* by encoding_doubt */
};

void encoding_init(struct encoding *encoding, const struct encoding_list *encodings);

/* The number of bytes at the end of n that may be an unfinished character in a possible charset. */
size_t encoding_unfinished(const struct encoding *encoding, const unsigned char *bytes, size_t n);

/* Whether these may be letters of the charset beside UTF-8 that nothing will finish: nothing but
 * ASCII is in front of them, and the peer's charset is not known. The last letter of "café" in
 * windows-1252 is one. */
bool encoding_may_be_finished(const struct encoding *encoding, const unsigned char *bytes,
                              size_t n);

/* A message of a peer. */
struct encoding_message {
    const unsigned char *bytes;
    size_t n;
    bool is_whole; /* a line end is behind it, so that no character at its end is unfinished */

    /* The answer of encoding_decode. */
    struct charset *charset; /* the message is read in */
    bool replaced;           /* some of it was bad text */
};

/* Takes a message as evidence and appends it to `text` by the plan, whose `from` is left open. An
 * unfinished character at the end is bad text. It is evidence where the message is whole, or where
 * each of its bytes is a character of the legacy charset. Each charset that is possible decodes the
 * message once at most. -1 as codec_push has it; after ERR_TEXT the answer is good. */
MUST_CHECK int encoding_decode(struct encoding *encoding, const struct codec_plan *plan,
                               struct encoding_message *message, struct buf *text, struct err *err);

/* The charset to answer in: the one of the last message that was not ASCII. */
struct charset *encoding_reply(const struct encoding *encoding);

/* The known charset of a peer with two charsets, else NULL. */
struct charset *encoding_known(const struct encoding *encoding);

/* The same once, when it becomes known, and when it is another one (*is_change); else NULL. After
 * ENCODING_CHANGES there is no more news: a peer does not fill a screen by changing. */
enum { ENCODING_CHANGES = 5 };
struct charset *encoding_news(struct encoding *encoding, bool *is_change);

/* The other charset, once, where the last message may have been meant in it; else NULL. */
struct charset *encoding_doubt(struct encoding *encoding);
