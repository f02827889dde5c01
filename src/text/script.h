/* SPDX-License-Identifier: GPL-3.0-or-later */
/* script: which script a character of a name belongs to, as far as names must not mix them.
 *
 * After Scripts.txt of the Unicode Character Database, by blocks. Han, Kana, Hangul and Bopomofo
 * are one script here, because names mix them. Letters for phonetics are of no script that
 * anybody's name is in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SCRIPT_COMMON, SCRIPT_LATIN, SCRIPT_EAST_ASIAN, SCRIPT_OTHERS };

/* SCRIPT_COMMON: the character goes with any script, as ASCII digits and signs and accents do. */
unsigned script_of(uint32_t scalar);

/* Whether the mark is for letters of any script, as accents are, and not of one script. */
bool script_is_common_mark(uint32_t scalar);
