/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decoder: from a charset to UTF-8.
 *
 * Faults are those of the decoders of the WHATWG Encoding Standard. An ASCII byte is never part of
 * one, so that no newline or quote disappears. Digits among GB18030's four bytes are an exception.
 */
#pragma once

#include "text/charset.h"
#include "text/pass.h"
#include "text/table.h"

/* The first character of n bytes (n > 0). */
struct table_char decoder_next(struct charset *charset, const unsigned char *bytes, size_t n);

/* Decodes up to the end, or to what stops the pass. */
enum pass_stop decoder_pass(struct charset *charset, struct pass *pass);

/* The number of bytes at the end of n that are an unfinished character. */
size_t decoder_unfinished(struct charset *charset, const void *bytes, size_t n);
