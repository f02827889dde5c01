/* SPDX-License-Identifier: GPL-3.0-or-later */
/* script: the script of a character of a name, for names that must not mix scripts.
 *
 * It follows Scripts.txt of the Unicode Character Database, by blocks. Han, Kana, Hangul and
 * Bopomofo are one script here, because names mix them. Phonetic letters have scripts of their own,
 * which names do not use. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SCRIPT_COMMON, SCRIPT_LATIN, SCRIPT_EAST_ASIAN, SCRIPT_OTHERS };

/* SCRIPT_COMMON for characters that go with any script: ASCII digits, signs, accents. */
unsigned script_of(uint32_t scalar);

/* Whether a character is a mark for letters of any script, such as an accent. */
bool script_is_common_mark(uint32_t scalar);
