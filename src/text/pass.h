/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pass: one pass over text, from one place in memory to another.
 *
 * pass_ascii, decoder_pass and encoder_pass move it on. They load and store eight bytes at a time,
 * read nothing behind `end` and write nothing behind `full`. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pass {
    const unsigned char *from, *end; /* the input that is left */
    unsigned char *to, *full;        /* the room that is left for the output */
    bool last;                       /* nothing follows `end` */
    bool stops_at_lf;
    size_t length;   /* input bytes at which the pass stopped; not for PASS_DONE and PASS_FULL */
    uint32_t scalar; /* for PASS_LACKS */
};

enum pass_stop {
    PASS_DONE,  /* all input was taken */
    PASS_FULL,  /* the next character may not fit */
    PASS_LF,    /* an LF is next, and stops_at_lf */
    PASS_CUT,   /* the rest of the input is an unfinished character */
    PASS_BAD,   /* a fault is next */
    PASS_LACKS, /* a character is next that the target lacks */
};

/* The end of a stretch, behind which a faster way may be tried again. */
static inline const unsigned char *pass_stretch(const struct pass *pass)
{
    enum { STRETCH = 512 };

    return pass->end - pass->from > STRETCH ? pass->from + STRETCH : pass->end;
}

static inline uint64_t pass_load(const unsigned char *bytes)
{
    uint64_t eight;

    memcpy(&eight, bytes, sizeof eight);
    return le64toh(eight);
}

/* The first byte is the highest. */
static inline uint64_t pass_load_first_high(const unsigned char *bytes)
{
    uint64_t eight;

    memcpy(&eight, bytes, sizeof eight);
    return be64toh(eight);
}

static inline void pass_store(unsigned char *bytes, uint64_t eight)
{
    eight = htole64(eight);
    memcpy(bytes, &eight, sizeof eight);
}

static inline void pass_store_first_high(unsigned char *bytes, uint64_t eight)
{
    eight = htobe64(eight);
    memcpy(bytes, &eight, sizeof eight);
}

#define PASS_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte above ASCII, and of the first LF (Mycroft's test for a zero byte). */
static inline uint64_t pass_marks(uint64_t eight, bool lf)
{
    uint64_t other = eight ^ PASS_EACH('\n');
    uint64_t marks = eight & PASS_EACH(0x80);

    return lf ? marks | ((other - PASS_EACH(1)) & ~other & PASS_EACH(0x80)) : marks;
}

/* Copies the ASCII at the front of eight bytes and returns its length. All eight are written. */
static inline unsigned pass_step(const unsigned char *from, unsigned char *to, bool lf)
{
    uint64_t eight = pass_load(from), marks = pass_marks(eight, lf);

    pass_store(to, eight);
    return marks ? (unsigned)__builtin_ctzll(marks) / 8 : 8;
}

/* Copies ASCII, up to the first other byte, or to an LF where the pass stops there. */
static inline void pass_ascii(struct pass *pass, bool lf)
{
    const unsigned char *from = pass->from;
    unsigned char *to = pass->to;
    unsigned n = 8;

    while (n == 8 && pass->end - from >= 32 && pass->full - to >= 32) {
        uint64_t a = pass_load(from), b = pass_load(from + 8), c = pass_load(from + 16),
                 d = pass_load(from + 24);

        if (pass_marks(a, lf) | pass_marks(b, lf) | pass_marks(c, lf) | pass_marks(d, lf))
            break;
        pass_store(to, a);
        pass_store(to + 8, b);
        pass_store(to + 16, c);
        pass_store(to + 24, d);
        from += 32;
        to += 32;
    }
    while (n == 8 && pass->end - from >= 8 && pass->full - to >= 8) {
        n = pass_step(from, to, lf);
        from += n;
        to += n;
    }
    while (n == 8 && from < pass->end && to < pass->full && *from < 0x80 && !(lf && *from == '\n'))
        *to++ = *from++;
    pass->from = from;
    pass->to = to;
}
