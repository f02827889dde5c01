/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window: the stream of a peer since the last match, as text and as bytes.
 *
 * A pattern of text sees the decoded stream, one of bytes the stream on the wire. A match takes
 * from both all up to its end. The window keeps WINDOW_SIZE bytes of text; an expectation that
 * comes to that drops the first half. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "bot/statement.h"
#include "text/codec.h"

enum { WINDOW_SIZE = PATTERN_SUBJECT };

struct window {
    struct buf text, bytes;
    struct charset *utf8, *charset; /* `charset`: of the last bytes */
    enum codec_bad bad;             /* as the text was decoded */
    bool has_begun;                 /* something has come */
    bool has_mark;                  /* `bytes` begins with a byte order mark, `text` does not */
    size_t resume;                  /* where the search of this expectation goes on */
    size_t searched;                /* length of the subject in the last search */
};

void window_init(struct window *window, struct charset *utf8, enum codec_bad bad);
void window_fini(struct window *window);

/* Adds what has come: text, and the bytes that it was decoded from. -1 without memory. */
MUST_CHECK int window_add(struct window *window, struct charset *charset, const void *text,
                          size_t n, const void *bytes, size_t bytes_n);

/* Whether the peer should not be read before the window was searched. */
static inline bool window_is_full(const struct window *window)
{
    return buf_length(&window->text) >= WINDOW_SIZE || buf_length(&window->bytes) >= WINDOW_SIZE;
}

/* A new expectation begins. */
void window_begin(struct window *window);

/* Searches for the expectation's pattern; see struct pattern_search. PATTERN_LIMIT of the whole
 * PATTERN_COST: all that is here counts as no match. */
enum pattern_result window_search(struct window *window, const struct bot_module *module,
                                  const struct statement *expect, bool goes_on, size_t most,
                                  struct pattern_match *match);

/* The subject of the expectation's pattern. */
const struct buf *window_subject(const struct window *window, const struct statement *expect);

/* Takes all up to an offset of the subject. */
void window_take(struct window *window, const struct statement *expect, size_t to);

/* Drops the first half of a full window; the search goes on. False: it is not full. */
bool window_trim(struct window *window, const struct statement *expect);
