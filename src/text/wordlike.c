/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/wordlike.h"

#include <stdint.h>
#include <string.h>

#include "text/script.h"

enum { FIRST_WITHOUT_VOWELS = 0x530 }; /* Latin, Greek and Cyrillic stand in front of it */

/* Each is a word in a language of Europe or in Arabic. */
static const char words_of_one[] = "àáèéêìíòóôöøåäæőÀÁÈÉÊÌÍÓÖÅÄÆØ"
                                   "вксиаоуяієВКСИАОУЯІЄ"
                                   "οηήόωώΟΗΉΌΩΏ"
                                   "و";

static const char vowels[] = "аеёиоуыэюяіїєАЕЁИОУЫЭЮЯІЇЄ"
                             "αεηιουωάέήίόύώϊϋΐΰΑΕΗΙΟΥΩΆΈΉΊΌΎΏ";

/* UTF-8 is self-synchronizing: a find is never between two characters. */
static bool has(const char *letters, const unsigned char *letter)
{
    const char one[] = {(char)letter[0], (char)letter[1], '\0'};

    return strstr(letters, one) != NULL;
}

static uint32_t scalar_of(const unsigned char *letter)
{
    return (letter[0] & 0x1FU) << 6 | (letter[1] & 0x3FU);
}

bool wordlike_beside_ascii(const unsigned char *character)
{
    unsigned script = script_of(scalar_of(character));

    return script == SCRIPT_COMMON || script == SCRIPT_LATIN;
}

bool wordlike(const unsigned char *bytes, size_t n)
{
    const unsigned char *first = NULL;
    unsigned script = SCRIPT_COMMON;
    bool has_vowel = false, is_one = true;

    for (size_t i = 0; i + 1 < n; i += 2) {
        unsigned own = script_of(scalar_of(bytes + i));

        if (own == SCRIPT_COMMON)
            continue;
        if (first && own != script)
            return false;
        is_one = !first;
        first = first ? first : bytes + i;
        script = own;
        has_vowel |= has(vowels, bytes + i);
    }
    if (!first)
        return true;
    if (is_one)
        return has(words_of_one, first);
    return scalar_of(first) >= FIRST_WITHOUT_VOWELS || has_vowel;
}
