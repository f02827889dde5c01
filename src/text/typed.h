/* SPDX-License-Identifier: GPL-3.0-or-later */
/* typed: a line as a person typed it, key by key, at a terminal that leaves editing to the peer.
 *
 * BS (08) and DEL (7F) rub out the character before them. In front of the first other character
 * they rub out nothing and stay. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Rubs out in n bytes of UTF-8, in place. Returns the number of bytes that stay. */
size_t typed_rub_out(char *text, size_t n);

/* Whether the line may begin with `wanted`, an ASCII character, once it is rubbed out: `wanted` is
 * its first byte or stands behind a BS or DEL. In any charset. */
bool typed_may_begin(const unsigned char *line, size_t n, char wanted);
