/* SPDX-License-Identifier: GPL-3.0-or-later */
/* codec: one direction of a conversation as text, from a charset to another one. Line ends, checks,
 * replacements and safe display ride in the same pass.
 *
 * The output does not depend on the cuts of the input. An unfinished character waits for its rest.
 * A character that the target may write together with the next one waits, too; with EOL_LF and
 * EOL_NONE so does a CR that an LF may follow. If the plan is the
 * identity (codec_is_identity), the caller moves the bytes without a codec. Bad text is counted,
 * and then replaced, escaped, or the end of the conversion (codec_bad). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "text/charset.h"
#include "text/safetext.h"
#include "text/text_options.h"
#include "text/utf8.h"

/* The side of the codec that is the wire. Offsets count bytes there. */
enum codec_wire { WIRE_IS_INPUT, WIRE_IS_OUTPUT };

struct codec_plan {
    struct charset *from, *to; /* both NULL: bytes stay as they are */
    struct text_options text;
    bool safe; /* through safetext, for a terminal; needs charsets */
    enum codec_wire wire;
};

/* Bad text. Offsets count from 0, on the wire. */
struct codec_faults {
    uint64_t undecodable; /* byte sequences that are not valid in `from` */
    uint64_t undecodable_at;
    uint64_t unencodable; /* characters that `to` lacks */
    uint64_t unencodable_at;
    uint32_t unencodable_first; /* a scalar value */
};

enum {
    CODEC_KEPT = 3, /* most bytes of an unfinished character */
    CODEC_HELD = 2, /* most bytes of a character that waits for the next one */
};

struct codec {
    struct codec_plan plan;
    struct safetext safetext;
    unsigned char kept[CODEC_KEPT];
    unsigned char kept_length;
    unsigned char held[CODEC_HELD]; /* in UTF-8 */
    unsigned char held_length;
    unsigned char head[4]; /* the first bytes of the input */
    unsigned char head_length;
    bool after_cr;
    bool holds_cr;    /* see line_end */
    uint64_t taken;   /* input bytes so far, but for those kept */
    uint64_t skipped; /* bytes of the wire behind those kept; see codec_skip */
    uint64_t given;   /* output bytes so far */
    struct codec_faults faults;
};

/* The charsets of the plan must outlive the codec, which owns no memory. */
void codec_init(struct codec *codec, const struct codec_plan *plan);

bool codec_is_identity(const struct codec_plan *plan);

/* Converts n bytes and appends them to `out`. In the `last` push an unfinished character is a
 * fault. -1 and ERR_TEXT with an empty sentence: BAD_STOP met a fault. It is counted, and the text
 * in front of it is in `out`. The codec must not be used again. -1 and ERR_LOCAL: `out` is at its
 * cap or memory is short. */
MUST_CHECK int codec_push(struct codec *codec, const void *bytes, size_t n, bool last,
                          struct buf *out, struct err *err);

/* n bytes that were not pushed stood behind the input so far: offsets on the wire count them. */
static inline void codec_skip(struct codec *codec, size_t n)
{
    *(codec->kept_length ? &codec->skipped : &codec->taken) += n;
}

/* Whether the input began with the byte order mark of UTF-16 and is no text of its charset.
 * windows-1251 has the two bytes as letters. */
static inline bool codec_met_utf16(const struct codec *codec)
{
    return utf8_is_utf16_mark(codec->head, codec->head_length) &&
           (codec->faults.undecodable || memchr(codec->head, '\0', codec->head_length));
}

/* Converts a whole text. The answer is codec_push's. */
MUST_CHECK int codec_convert(const struct codec_plan *plan, const void *bytes, size_t n,
                             struct buf *out, struct err *err);
