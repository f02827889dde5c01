/* SPDX-License-Identifier: GPL-3.0-or-later */
/* framing: where a message that is received ends (--message).
 *
 *     lf crlf cr nul     at this mark, and at no other line end
 *     byte:HH            at this byte, in hexadecimal
 *     bytes:N            after N bytes
 *     len:FORM[+N|-N]    after the number of bytes that its head says, and N more; the head is u8,
 *                        u16be, u16le, u32be or u32le
 *     gap:TIME           where nothing comes for so long
 *     none               with each read
 *
 * Mark and head are no part of the text. Nothing else ends a message but the peer's end and
 * FRAMING_MOST bytes: the rest of a longer one follows in pieces. A number below 0, because N is
 * negative, counts as 0. A struct framing is a value; a zeroed one is that of lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/must_check.h"
#include "text/charset.h"

enum framing_kind {
    FRAMING_LINES, /* without --message: see framer */
    FRAMING_MARK,
    FRAMING_BYTES,
    FRAMING_LENGTH,
    FRAMING_GAP,
    FRAMING_READS,
};

enum {
    FRAMING_MOST = 64 * 1024, /* bytes of a message, without mark and head */
    FRAMING_HEAD = 4,         /* most bytes of a head, or of a mark */
};

struct framing {
    enum framing_kind kind;
    unsigned char mark[2];
    unsigned char mark_length;
    unsigned char head; /* bytes of it */
    bool low_first;     /* the head begins with its low byte */
    bool is_text;       /* messages are lines of text: a peer may speak telnet */
    size_t bytes;       /* of each message */
    int more;           /* bytes than the head says */
    uint64_t gap_ms;
};

/* Reads the argument of --message. -1 and ERR_USAGE with a sentence. */
MUST_CHECK int framing_parse(struct framing *framing, const char *text, struct err *err);

/* -1 and ERR_USAGE where the mark may be a part of another character of the charset: a byte of
 * 30-39 or 40-FE in one of several bytes, of 80-FE in UTF-8. */
MUST_CHECK int framing_check(const struct framing *framing, const struct charset *charset,
                             struct err *err);

/* The message at the beginning of some bytes. */
struct framed {
    size_t head;   /* bytes in front of its text */
    uint64_t body; /* bytes of its text */
    size_t end;    /* bytes of its mark */
};

/* Whether the end of the message is known by its first n bytes, which need not be all of it. The
 * first `scanned` of them were looked at before. Silence and reads are the caller's to see. */
bool framing_measure(const struct framing *framing, const unsigned char *bytes, size_t n,
                     size_t scanned, struct framed *framed);
