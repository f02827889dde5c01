/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wordlike: whether letters of two bytes in UTF-8 look like a word of any language.
 *
 * Hanzi in GBK that are valid UTF-8 are letters of Latin, Greek, Cyrillic, Hebrew or Arabic there,
 * and few of them look like a word:
 *
 *     one letter                     in a language it is a word: "à", "в", "ή", but not "д", "ס"
 *     Latin letters with accents     never without a letter of ASCII
 *     Greek and Cyrillic letters     with a vowel
 *     letters of other scripts       all of one script
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* n bytes: characters of two bytes. Signs among them do not count; signs alone look like a word. */
bool wordlike(const unsigned char *bytes, size_t n);

/* Whether a word may have an ASCII letter beside the character of two bytes: "être" has, and "l·l",
 * but no word has a letter of another script there. Phonetic letters do not count as Latin: hanzi
 * beside ASCII are more frequent than they. */
bool wordlike_beside_ascii(const unsigned char *character);
