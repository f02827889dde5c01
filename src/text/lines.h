/* lines: from bytes as they arrive to messages.
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
typedef size_t lines_unfinished(void *owner, const unsigned char *bytes, size_t n);

struct lines {
    struct buf bytes;
    size_t cap;     /* of a message */
    size_t scanned; /* bytes known to hold no LF */
    bool cut;       /* what was taken last did not end at a line end */
    lines_unfinished *unfinished;
    void *owner;
};

enum lines_end {
    LINES_NONE,  /* no whole message yet */
    LINES_WHOLE, /* it ended at a line end */
    LINES_CUT,   /* it goes on: it reached the cap, or was taken before its end */
};

/* A message without its line end; good until the next call. */
struct line {
    const unsigned char *bytes;
    size_t n;
};

void lines_init(struct lines *lines, size_t cap, lines_unfinished *unfinished, void *owner);
void lines_fini(struct lines *lines);

/* Adds bytes. At most LINES_PUSH at once, and every message is taken before the next push, so that
 * what is held stays below cap + LINES_PUSH. -1 when memory is short: nothing was added. */
enum { LINES_PUSH = 64 * 1024 };
MUST_CHECK int lines_push(struct lines *lines, const void *bytes, size_t n);

/* The next message that ended by itself. */
enum lines_end lines_next(struct lines *lines, struct line *line);

/* After a silence: what is there, but for an unfinished character. With `last`, at the peer's end:
 * all of it. LINES_NONE when there is nothing. */
enum lines_end lines_rest(struct lines *lines, bool last, struct line *line);

/* All that is held, and taking so much of it, wherever that ends: for who frames by itself. */
struct line lines_held(const struct lines *lines);
void lines_drop(struct lines *lines, size_t n);

/* Gives memory back where nothing is held. */
void lines_trim(struct lines *lines);

/* How many of the bytes that are held a silence would end as a message. */
size_t lines_waiting(const struct lines *lines);
