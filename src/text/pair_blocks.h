/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pair_blocks: the passes of decoder and encoder in blocks, by vectors.
 *
 * A text changes between ASCII and pairs at places that no processor foresees. A wrong guess costs
 * as much as six characters, and Korean has one or two for each word. So no branch here depends on
 * these places: a mask has a bit for each byte that begins a character of more than one byte. Some
 * bits of it are the number of a shape, which tells the bytes of ASCII from those of characters.
 *
 * A block is taken if all of it is ASCII and pairs that are three bytes in UTF-8. Otherwise nothing
 * of it is taken: the portable passes come to the character that is in the way. Without vectors
 * no block is taken. */
#pragma once

#include "text/inverse.h"
#include "text/pass.h"
#include "text/table.h"

/* The next try of a pass. One in vain costs time, and a text with many other characters would have
 * one at each of them; so each doubles the distance to the next one. */
struct pair_try {
    const unsigned char *at; /* in the input; at first its beginning */
    size_t pause;
};

/* Takes blocks in front of the first other one, or of one with an LF where `lf` says so. For a try
 * that is due: the pass is at it or behind it. */
void pair_blocks_decode(const struct table *table, struct pass *pass, bool lf,
                        struct pair_try *next);
void pair_blocks_encode(const struct inverse *inverse, struct pass *pass, bool lf,
                        struct pair_try *next);
