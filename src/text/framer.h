/* SPDX-License-Identifier: GPL-3.0-or-later */
/* framer: from bytes as they arrive to messages.
 *
 * A message ends at LF or CR LF, whatever the packets, at the cap, or where the reader ends it: at
 * the peer's end or after a silence. Framing works on raw bytes, because the byte LF is the
 * character LF in every charset (see text/charset). A cut without LF never tears a character: the
 * bytes of an unfinished one stay for the next message. A line end behind such a cut ends the cut
 * message and is not an empty message.
 *
 * A framing in place of lines ends messages as it says. The cap is that of a framing then, and a
 * message without an end goes on behind the cap.
 *
 * A line that a person types, key by key, may also end at CR NUL (RFC 854), at CR CR LF, and at a
 * CR that another byte follows, that stays the last byte or that the peer's end follows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/must_check.h"
#include "text/framing.h"

/* The number of bytes at the end of n that may be an unfinished character. */
typedef size_t framer_unfinished(void *owner, const unsigned char *bytes, size_t n);

/* The bytes that the framer is to skip next. */
enum framer_skip {
    SKIP_NOTHING,
    SKIP_LINE_END, /* of the message that was cut before it */
    SKIP_REST,     /* of the line end whose CR has ended a message: LF or NUL */
};

struct framer {
    struct buf bytes;
    size_t cap;                    /* most bytes of a message */
    size_t scanned;                /* bytes that are known to have no line end */
    unsigned char skip;            /* enum framer_skip */
    bool typed;                    /* lines of a person; the owner may set it at any time */
    const struct framing *framing; /* NULL: lines */
    uint64_t left;                 /* bytes that a head has promised to a message that was cut */
    framer_unfinished *unfinished;
    void *owner;
};

enum framer_end {
    FRAMER_NONE,  /* there is not yet a message */
    FRAMER_WHOLE, /* a message up to a line end */
    FRAMER_CUT,   /* a message that may go on: it reached the cap, or the reader ended it */
};

/* A message without its line end, valid until the next call. */
struct line {
    const unsigned char *bytes;
    size_t n;
    size_t end;  /* bytes of its line end or mark, which are taken as well */
    size_t head; /* bytes in front of it that are no part of it, and are taken as well */
};

void framer_init(struct framer *framer, size_t cap, framer_unfinished *unfinished, void *owner);

/* Ends messages by a framing, which must outlive the framer; before the first push. FRAMING_LINES
 * changes nothing. */
void framer_use(struct framer *framer, const struct framing *framing);

void framer_fini(struct framer *framer);

/* Adds at most FRAMER_PUSH bytes. The caller takes every message before the next push, so that the
 * framer never holds more than a cap, a line end and FRAMER_PUSH. -1 without memory: the framer is
 * unchanged. */
enum {
    FRAMER_PUSH = 64 * 1024,
    FRAMER_LINE_END = FRAMING_HEAD, /* most bytes of a line end, or of what a framing adds */
};
MUST_CHECK int framer_push(struct framer *framer, const void *bytes, size_t n);

/* The next message that ended at a line end or at the cap. */
enum framer_end framer_next(struct framer *framer, struct line *line);

/* Whether the last held byte is a CR that ends the line unless an LF follows soon; `typed` only. */
bool framer_ends_with_cr(const struct framer *framer);

/* Takes the held bytes as a message: after a silence without an unfinished character, and with
 * `last`, at the peer's end, all of them. By a framing of gaps they are a whole message, by the
 * others a silence ends none. FRAMER_NONE where the message would be empty,
 * FRAMER_WHOLE where a CR ends it. A second CR stays, and ends an empty message next. */
enum framer_end framer_rest(struct framer *framer, bool last, struct line *line);

/* The held bytes, and taking n of them at any border: for a reader that frames by itself. */
struct line framer_held(const struct framer *framer);
void framer_drop(struct framer *framer, size_t n);

/* Frees the memory of an empty framer. */
void framer_trim(struct framer *framer);

/* The length of the message that framer_rest would take after a silence. */
size_t framer_waiting(const struct framer *framer);
