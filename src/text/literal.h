/* SPDX-License-Identifier: GPL-3.0-or-later */
/* literal: the bytes of a message for a device, as a person or a file writes them. All that is
 * given to be sent byte by byte has this one grammar: /bytes, /every, --literal, saved messages,
 * rules and scripts.
 *
 *     text             in the charset of the peer, but for the two characters below
 *     \n \r \t \0 \\ \{    LF, CR, TAB, NUL, a backslash, a brace
 *     \xHH             a byte
 *     \u{H}            a character by its number, in the charset of the peer
 *     {hex 01 03 0A}   bytes
 *     {crc16-modbus}   a checksum (text/checksum) of all bytes in front of it; behind its name may
 *                      stand be or le, hex (as digits), from N and to N: byte offsets in the
 *                      literal, those below 0 back from the field
 *     {len u16be}      the number of bytes behind it, as u8, u16be, u16le, u32be or u32le, or as
 *                      digits with hex; {len u16be-2}: two more, as it counts itself
 *     {count}          the number of the message in decimal, or {count u16be}
 *     {time}           the local time, 2026-11-28 16:02:11, or {time %H%M%S} by strftime(3)
 *     {0} {1} .. {9}   what a rule has matched, and its captures
 *
 * A brace opens a field where a small letter or a digit follows, and is text elsewhere, as in JSON.
 * Nothing is added: a literal has the line ends that are written. Text is converted; other bytes
 * are exact, also those that a telnet peer would want doubled. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "text/checksum.h"
#include "text/codec.h"

enum {
    LITERAL_CAPTURES = 10, /* {0} to {9} */
    LITERAL_UNMATCHED,     /* see literal_parse */
    LITERAL_NUMBERS = 64,  /* most checksums and lengths of one literal */
};

enum literal_kind {
    LITERAL_TEXT,
    LITERAL_BYTES,
    LITERAL_COUNT,
    LITERAL_TIME,
    LITERAL_CAPTURE,
    LITERAL_LENGTH,
    LITERAL_CHECKSUM,
};

/* A number as bytes. */
struct literal_number {
    unsigned bytes; /* 0: in decimal */
    bool low_first; /* the low byte first */
    bool hex;       /* two digits for each byte */
};

struct literal_piece {
    enum literal_kind kind;
    size_t column;                   /* of its brace */
    size_t start, n;                 /* in the literal's bytes: text, bytes, the form of a time */
    struct literal_number number;    /* of a count, a length or a checksum */
    const struct checksum *checksum; /* the three are those of a checksum */
    long from, to;                   /* offsets; below 0: back from the field */
    bool has_to;                     /* false: up to the field */
    int more;                        /* a length: so many more bytes follow than it says */
    unsigned capture;
};

/* Made by literal_parse (text/literal_parse). */
struct literal {
    unsigned holders;
    struct buf bytes;
    struct literal_piece *pieces;
    size_t count;
    unsigned numbers; /* of its pieces that are lengths or checksums */
    bool counts;      /* it has {count} */
};

/* A text in UTF-8, or bytes. */
struct literal_capture {
    const char *text;
    size_t n;
    bool is_bytes; /* they stay as they are */
};

/* The values of one message. */
struct literal_values {
    struct charset *utf8;        /* of the text */
    struct charset *charset;     /* of the peer; NULL: text stays in UTF-8 */
    struct text_options text;    /* its eol counts for nothing */
    uint64_t count;              /* of {count} */
    time_t time;                 /* of {time} */
    struct codec_faults *faults; /* NULL, or what the charset lacks is added to it */
    struct literal_capture captures[LITERAL_CAPTURES]; /* the text of one that is missing is "" */
};

/* Whether a brace opens a field in front of this character. */
static inline bool literal_opens_field(char next)
{
    return ascii_is_digit(next) || (next >= 'a' && next <= 'z');
}

/* Another holder; each one frees it. */
struct literal *literal_hold(struct literal *literal);
void literal_free(struct literal *literal);

/* Appends the message's bytes to `out`. -1 and nothing is appended: ERR_TEXT for text that the
 * charset lacks, under BAD_STOP; ERR_USAGE, "column 7: ...", for a length that does not fit in its
 * number and for a checksum of bytes that the message does not have; ERR_LOCAL for a full `out`,
 * and without memory. */
MUST_CHECK int literal_make(const struct literal *literal, const struct literal_values *values,
                            struct buf *out, struct err *err);

/* Appends a literal of ASCII that gives these n bytes. -1 where buf_append fails. */
MUST_CHECK int literal_write(const void *bytes, size_t n, struct buf *out);

/* Appends a literal that gives this text, in UTF-8, in any charset. -1 where buf_append fails. */
MUST_CHECK int literal_write_text(const char *text, size_t n, struct buf *out);
