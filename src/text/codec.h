/* SPDX-License-Identifier: GPL-3.0-or-later */
/* codec: one direction of a conversation as text, in stages: from a charset, through line ends and
 * safe display, to another charset.
 *
 * The output is the same however the input was cut; what has arrived is put out now, only an
 * unfinished character waits for its rest. A plan that would change nothing says so
 * (codec_is_identity), and whoever moves the bytes then leaves the codec out.
 * What cannot be converted is counted, and replaced, escaped, or the end of it all (codec_bad). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "text/charset.h"
#include "text/decoder.h"
#include "text/safetext.h"

/* Which side of the codec is the wire: offsets count there. */
enum codec_wire { WIRE_IS_INPUT, WIRE_IS_OUTPUT };

/* What becomes of bytes that are not valid, and of characters that the target does not have. */
enum codec_bad {
    BAD_REPLACE, /* U+FFFD where the target has it, '?' where not */
    BAD_ESCAPE,  /* \xHH for each byte, \u{H} for a character */
    BAD_STOP,    /* the conversion fails there */
};

/* What ends a line on the way out. */
enum codec_eol {
    EOL_AS_IS,
    EOL_CRLF, /* CR LF for an LF that follows no CR */
};

/* The options of a conversion, passed by value from the command line to the codecs. */
struct text_options {
    enum codec_eol eol;
    enum codec_bad bad;
    bool checked; /* text is checked also where both sides speak the same charset */
};

struct codec_plan {
    struct charset *from, *to; /* both NULL: bytes stay as they are */
    struct text_options text;
    bool safe; /* for a terminal; needs charsets */
    enum codec_wire wire;
};

/* Text that could not be converted; offsets count from 0, on the wire. */
struct codec_faults {
    uint64_t undecodable; /* byte sequences that are not valid in `from` */
    uint64_t undecodable_at;
    uint64_t unencodable; /* characters that `to` does not have */
    uint64_t unencodable_at;
    uint32_t unencodable_first; /* a scalar value */
};

struct codec {
    struct codec_plan plan;
    struct decoder decoder;
    struct safetext safetext;
    const char *replacement; /* UTF-8 that the target has */
    bool after_cr;
    struct buf text; /* the decoded form of the push in hand */
    uint64_t taken;  /* input bytes of former pushes */
    uint64_t given;  /* output bytes so far */
    struct codec_faults faults;
};

/* The charsets of the plan must outlive the codec. */
void codec_init(struct codec *codec, const struct codec_plan *plan);
void codec_fini(struct codec *codec);

bool text_options_same(struct text_options a, struct text_options b);

bool codec_is_identity(const struct codec_plan *plan);

/* Converts n bytes and appends them to `out`; with `last` nothing follows, and an unfinished
 * character is a fault. -1 and *err: ERR_TEXT with an empty sentence where BAD_STOP met a fault
 * (what precedes it is in `out`, the fault is counted, the codec is at its end), or ERR_LOCAL when
 * `out` reached its cap or memory is short. */
MUST_CHECK int codec_push(struct codec *codec, const void *bytes, size_t n, bool last,
                          struct buf *out, struct err *err);
