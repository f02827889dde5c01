/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8_blocks: UTF-8 checked in blocks, by vectors, without a branch for a character.
 *
 * The faults of UTF-8 show in two neighbouring bytes, all but one: a byte behind two or three
 * others of a character. Three tables of sixteen rows find the faults of two bytes (J. Keiser and
 * D. Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte", 2021). */
#pragma once

#include <stddef.h>

/* The number of bytes at the front of n that are good, whole characters, up to a block that has a
 * fault or does not fit. Without vectors it is 0. */
size_t utf8_blocks(const unsigned char *bytes, size_t n);
