/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbound: one message of a peer, from its bytes to its text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "text/codec.h"
#include "text/encoding.h"
#include "text/framer.h"

/* In a named room: for all, an action (/me), or for one reader (/msg). Only a far_room gives a
 * notice. INBOUND_READ: no message, but the bytes of a read as `wire`. */
enum inbound_kind { INBOUND_SAY, INBOUND_ACTION, INBOUND_PRIVATE, INBOUND_NOTICE, INBOUND_READ };

/* The reason for a dropped command. */
enum inbound_drop {
    DROP_TOO_LONG, /* the command is longer than INBOX_LINE */
    DROP_TOO_SLOW, /* the command had no end within line_ms */
    DROP_REST,     /* further bytes of a dropped command, or a command that was broken off */
};

/* `text` and `wire` are good until the next call for the inbox that gave it. */
struct inbound {
    const char *text; /* UTF-8, with a NUL behind it; or bytes where the inbox has no charset */
    size_t n;
    bool is_whole;  /* the message ended at a line end */
    bool has_end;   /* `text` is all bytes of the message as they came, with its end */
    bool continues; /* the message is a further piece of a line that was too long */
    bool is_long;   /* --message: more bytes of it follow than a message has */
    bool replaced;  /* some of its bytes were not valid */
    bool is_utf16;  /* the peer began with the mark of UTF-16, and the message is no text */
    bool is_last;   /* an offer: the peer has ended, and all bytes are taken or none */
    enum inbound_kind kind;
    const char *from; /* NULL: the peer itself; else the one in its room who said it */
    enum inbound_drop drop;
    struct charset *charset; /* NULL, or the charset of `wire` */
    struct line wire;        /* the bytes from which the text was decoded, or that are offered */
    struct buf decoded;      /* the memory of `text`, or empty */
};

/* A message on the wire. */
struct inbound_wire {
    const struct charset *charset; /* NULL: of bytes */
    size_t bytes;                  /* with line end, head and mark */
};

static inline struct inbound_wire inbound_wire(const struct inbound *inbound)
{
    return (struct inbound_wire){inbound->charset,
                                 inbound->wire.head + inbound->wire.n + inbound->wire.end};
}

static inline void inbound_fini(struct inbound *inbound)
{
    buf_fini(&inbound->decoded);
}

struct inbound_plan {
    struct charset *utf8;
    enum codec_bad bad;
    bool is_first; /* of a conversation */
    bool drops_bom;
    bool typed; /* BS and DEL rub out; see text/typed */
};

/* Makes `wire` and `is_whole` a text. -1 and *err as codec_push: after ERR_TEXT the text ends where
 * bad text began. */
MUST_CHECK int inbound_decode(struct inbound *inbound, struct encoding *encoding,
                              const struct inbound_plan *plan, struct err *err);

/* Takes a byte order mark from the beginning of the text. */
void inbound_skip_mark(struct inbound *inbound);

/* A line without the byte order mark, in UTF-8 or GB18030, at its beginning. */
struct line inbound_without_bom(struct line line);

/* Whether n bytes, all that a peer has sent, are the mark of UTF-16 or half of it, and no letters:
 * the charsets have no character with the byte FF. */
bool inbound_may_be_utf16(const struct encoding_list *encodings, const unsigned char *bytes,
                          size_t n);
