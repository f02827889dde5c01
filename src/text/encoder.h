/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encoder: from UTF-8 to a charset. It keeps nothing: what it is given is whole characters. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "text/charset.h"

/* Appends UTF-8 text (whole characters) to `out` in the charset. *used counts the bytes taken;
 * with TEXT_BAD the character at text + *used is not in the charset. */
enum text_status encoder_push(struct charset *charset, const void *text, size_t n, struct buf *out,
                              size_t *used);
