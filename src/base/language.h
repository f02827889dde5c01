/* SPDX-License-Identifier: GPL-3.0-or-later */
/* language: sentences in the person's language, by gettext.
 *
 * The msgid is the English sentence, in UTF-8, and so is the translation; the system's own words
 * (strerror and others) come in UTF-8, too. N_ marks a sentence that is looked up later, NN_ a
 * singular and its plural; xgettext finds both. Without a catalogue the msgid is the answer.
 *
 * LC_ALL, LC_MESSAGES or LANG, the first that is set, names the locale. LANGUAGE may list languages
 * in its place, by preference. The locales C and POSIX, and C in any charset, are English whatever
 * LANGUAGE says, and so is a locale that this system lacks. The program's sentences and the
 * system's words have one language: without a catalogue of ours both are English. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define N_(sentence) sentence
#define NN_(one, many) one, many

/* The locale that the environment names for a category such as "LC_CTYPE"; "": none. */
const char *language_locale(const char *category);

/* Reads the environment, before anything changes it. The catalogue is opened with the first
 * sentence, so that a run in English, or without a sentence, makes no call of the system. */
void language_begin(void);

/* Opens the catalogue now, if there is one to open: for code with a copy of this file, a module. */
void language_open(void);

/* Opens it, and that of the system's own words, for a process that will not be able to. */
void language_prepare(void);

/* The translation, or the sentence itself; "" stays "". Not to be freed. */
const char *language_text(const char *sentence) __attribute__((format_arg(1)));

/* The same where a number decides: `one` and `many` are the English singular and plural. */
const char *language_count(const char *one, const char *many, uint64_t count)
    __attribute__((format_arg(1), format_arg(2)));

/* The translation of "standard input" and its like among names of files and peers, which stay. */
const char *language_name(const char *name);

/* Takes off the beginning of a character that a cut has left at the end of UTF-8. */
void language_trim(char *sentence);

/* Sentences are English from (true) to (false), because somebody else reads them: a peer. */
void language_for_peers(bool yes);

/* strsignal in the person's language. */
const char *language_signal(int number);
