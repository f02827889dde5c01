/* SPDX-License-Identifier: GPL-3.0-or-later */
/* language: sentences in the person's language, by gettext.
 *
 * The msgid is the English sentence, in UTF-8, and so is the translation. N_ marks a sentence that
 * is looked up later, NN_ a singular and its plural; xgettext finds both. Without a catalogue the
 * msgid is the answer. */
#pragma once

#include <stdint.h>

#define N_(sentence) sentence
#define NN_(one, many) one, many

/* The translation, or the sentence itself; "" stays "". Not to be freed. */
const char *language_text(const char *sentence) __attribute__((format_arg(1)));

/* The same where a number decides: `one` and `many` are the English singular and plural. */
const char *language_count(const char *one, const char *many, uint64_t count)
    __attribute__((format_arg(1), format_arg(2)));
