/* codec: one direction of a conversation as text: from one charset, through line ends, to another.
 *
 * The output is the same however the input was cut; what has arrived is put out now, only an
 * unfinished character waits for its rest. A codec that would change nothing says so
 * (codec_is_identity), and whoever moves the bytes then leaves it out.
 * What cannot be converted is replaced, by U+FFFD where the target has it and by '?' where not,
 * and is counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "text/charset.h"

/* Which side of the codec is the wire: offsets count there. */
enum codec_wire { WIRE_IS_INPUT, WIRE_IS_OUTPUT };

struct codec_plan {
    struct charset *from, *to; /* the same, or both NULL: bytes stay as they are */
    bool crlf;                 /* CR LF for an LF that follows no CR */
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
    bool after_cr;
    struct buf text; /* the decoded form of the push in hand */
    uint64_t taken;  /* input bytes of former pushes */
    uint64_t given;  /* output bytes so far */
    struct codec_faults faults;
};

/* The charsets of the plan must outlive the codec. */
void codec_init(struct codec *codec, const struct codec_plan *plan);
void codec_fini(struct codec *codec);

bool codec_is_identity(const struct codec_plan *plan);

/* Converts n bytes and appends them to `out`; with `last` nothing follows, and an unfinished
 * character is a fault. -1 and *err when `out` reached its cap or memory is short. */
int codec_push(struct codec *codec, const void *bytes, size_t n, bool last, struct buf *out,
               struct err *err);
