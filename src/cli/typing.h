/* SPDX-License-Identifier: GPL-3.0-or-later */
/* typing: words as an input method, a word processor or the end of a sentence leaves them, and as
 * they were meant. */
#pragma once

#include <stdbool.h>

enum { TYPING_WORD = 256 };

/* The word as typed without an input method: full-width characters and dashes become ASCII. False
 * where that changes nothing, or gives no ASCII word of less than TYPING_WORD bytes. */
bool typing_to_ascii(const char *word, char ascii[TYPING_WORD]);

/* The same for `—name=值`, whose value stays as it is. False where the name does not change. */
bool typing_to_option(const char *word, char option[TYPING_WORD]);

/* The dash of typography between the name of an option and a value behind it; the value begins at
 * *value. NULL: there is none. */
const char *typing_find_dash(const char *word, const char **value);

/* One or two words of an address without quotes, punctuation and other signs. */
struct typing {
    char words[2][TYPING_WORD];
    int count;
    bool is_weak;      /* '@' or '/' stands between them, which may also mean something else */
    bool is_first;     /* the first word as typed has the fault, else the second */
    const char *fault; /* for correction_refuse */
};

/* Finds the words that were meant by one word or by two (second may be NULL). False where they are
 * what was typed, or more than two, or no ASCII. */
bool typing_separate(const char *first, const char *second, struct typing *typing);
