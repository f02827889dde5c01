/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox_parts: struct inbox, which holds the parts of an inbox. inbox and silence have the
 * functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/stream.h"
#include "room/inbound.h"
#include "room/intake.h"
#include "room/mode.h"
#include "text/codec.h"
#include "text/encoding.h"
#include "text/framing.h"

enum { INBOX_LINE = 8192 /* bytes; a longer line becomes several messages */ };

#define INBOX_NEVER UINT64_MAX

struct inbox_options {
    const struct mode *mode; /* framed, telnet, typed, drops_bom, and the times */
    struct charset *utf8;
    struct text_options text; /* `eol` is for the peer */
    struct framing framing;   /* of --message; framed modes only */
    bool keeps_last;          /* the last message, so that it can be read in another charset */
    bool commands;            /* a line with a slash in front may be a command */
    bool tells_reads;         /* each read is an INBOUND_READ; the owner may set it at any time */
    size_t read_most;         /* bytes of one read; 0: any number */
};

/* The next bytes begin a line, continue one, or continue a dropped command. */
enum inbox_line { LINE_BEGINS, LINE_GOES_ON, LINE_DROPPED };

/* WAITS_FOR_GREETING: the beginning of a room's greeting waits mode.key_ms for its rest.
 * WAITS_FOR_LF: silence ends no line. */
enum inbox_patience { INBOX_WAITS_FOR_SILENCE, INBOX_WAITS_FOR_GREETING, INBOX_WAITS_FOR_LF };

/* The owner's notes about the peer's text; see announce. inbox_set_encodings clears them. */
struct inbox_notes {
    const struct charset *heard_in; /* NULL, or that of the operator's words to the peer */
    bool told_replaced, told_misread;
    unsigned char longs; /* characters of UTF-8, where another charset was given */
};

/* A message as it was on the wire, with its head and its end. */
struct inbox_last {
    struct line wire;
    unsigned char bytes[];
};

struct inbox {
    const struct inbox_options *options;
    struct stream *stream; /* the owner's */
    struct intake intake;
    struct encoding encoding;
    struct inbox_notes notes;
    struct inbox_last *last; /* NULL: none is kept */
    uint64_t opened_at;      /* loop time at which the open line began; 0: no line is open */
    uint64_t received;       /* bytes */
    size_t offered;          /* bytes of the last offer of this turn */
    unsigned char line;      /* enum inbox_line */
    unsigned char reads;     /* of this turn */
    bool begun;              /* a message was given */
    bool is_over;            /* the stream is at its end, and all that it gave was given */
    bool is_bad;             /* a message held bad text that is to stop the peer */
    unsigned char patience;  /* enum inbox_patience: the owner's wish */
};

/* Whether messages end by --message, and by nothing else. */
static inline bool inbox_is_framed_by_option(const struct inbox *inbox)
{
    return inbox->options->framing.kind != FRAMING_LINES;
}

static inline bool inbox_is_raw(const struct inbox *inbox)
{
    return !inbox->encoding.encodings.first;
}
