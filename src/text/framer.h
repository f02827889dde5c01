/* SPDX-License-Identifier: GPL-3.0-or-later */
/* framer: from bytes as they arrive to messages.
 *
 * A message ends at LF (a CR in front of it goes with it, also from another packet), at the cap, or
 * when its reader says so: at the peer's end or after a silence. It is framed on raw bytes, before
 * decoding: in every charset that is let in the byte LF is nothing but LF.
 * A cut that is not at an LF tears no character: the bytes of an unfinished one stay for the next
 * message. A line end that follows such a cut ends what was cut, and is no empty message. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/must_check.h"

/* How many bytes at the end of n may be an unfinished character; see decoder_unfinished. */
typedef size_t framer_unfinished(void *owner, const unsigned char *bytes, size_t n);

struct framer {
    struct buf bytes;
    size_t cap;     /* of a message */
    size_t scanned; /* bytes known to hold no LF */
    bool cut;       /* what was taken last did not end at a line end */
    framer_unfinished *unfinished;
    void *owner;
};

enum framer_end {
    FRAMER_NONE,  /* no whole message yet */
    FRAMER_WHOLE, /* it ended at a line end */
    FRAMER_CUT,   /* it goes on: it reached the cap, or was taken before its end */
};

/* A message without its line end; good until the next call. */
struct line {
    const unsigned char *bytes;
    size_t n;
};

void framer_init(struct framer *framer, size_t cap, framer_unfinished *unfinished, void *owner);
void framer_fini(struct framer *framer);

/* Adds bytes. At most FRAMER_PUSH at once, and every message is taken before the next push, so that
 * what is held stays below cap + FRAMER_PUSH. -1 when memory is short: nothing was added. */
enum { FRAMER_PUSH = 64 * 1024 };
MUST_CHECK int framer_push(struct framer *framer, const void *bytes, size_t n);

/* The next message that ended by itself. */
enum framer_end framer_next(struct framer *framer, struct line *line);

/* After a silence: what is there, but for an unfinished character. With `last`, at the peer's end:
 * all of it. FRAMER_NONE when there is nothing. */
enum framer_end framer_rest(struct framer *framer, bool last, struct line *line);

/* All that is held, and taking so much of it, wherever that ends: for who frames by itself. */
struct line framer_held(const struct framer *framer);
void framer_drop(struct framer *framer, size_t n);

/* Gives memory back where nothing is held. */
void framer_trim(struct framer *framer);

/* How many of the bytes that are held a silence would end as a message. */
size_t framer_waiting(const struct framer *framer);
