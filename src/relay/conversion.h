/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversion: one direction of a conversation as text: without the commands of a telnet peer, and
 * through a codec, or as literals. A pipe answers no command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "text/codec.h"
#include "text/literal_input.h"
#include "text/telnet.h"

struct conversion {
    struct codec codec;
    struct telnet telnet;           /* of the peer that the bytes come from; zeroed: no peer */
    struct literal_input *literals; /* NULL, or makes bytes of literals in place of the codec */
    struct conversion *back; /* NULL, or the conversion towards that peer, which becomes telnet's
                                once the peer has negotiated */
};

/* A zeroed conversion needs no end. */
static inline void conversion_fini(struct conversion *conversion)
{
    telnet_fini(&conversion->telnet);
}

/* The beginning of a command that waits for its rest: writes it in front of the next chunk and
 * returns its length, at most TELNET_KEPT. */
static inline size_t conversion_kept(const struct conversion *conversion, unsigned char *chunk)
{
    return telnet_kept(&conversion->telnet, chunk);
}

/* Converts a chunk, which begins with what was kept. The answer is codec_push's, or that of
 * literal_input_push. */
MUST_CHECK int conversion_push(struct conversion *conversion, const unsigned char *chunk, size_t n,
                               bool last, struct buf *out, struct err *err);
