/* SPDX-License-Identifier: GPL-3.0-or-later */
/* valid_in: whether n bytes are valid in a charset from the first to the last. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "text/decoder.h"

static bool valid_in(struct charset *charset, const void *bytes, size_t n)
{
    struct decoder decoder;
    struct buf text;
    size_t used;
    bool is_valid;

    decoder_init(&decoder, charset);
    buf_init(&text, 16 * n + 16);
    is_valid = decoder_push(&decoder, bytes, n, true, &text, &used) == TEXT_DONE;
    buf_fini(&text);
    return is_valid;
}
