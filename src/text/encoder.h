/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encoder: from UTF-8 to a charset. It has no state, because its input is whole characters. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "text/charset.h"

/* Appends UTF-8 text of whole characters to `out` in the charset. *used counts the bytes taken;
 * after TEXT_BAD the charset lacks the character at text + *used. */
enum text_status encoder_push(struct charset *charset, const void *text, size_t n, struct buf *out,
                              size_t *used);
