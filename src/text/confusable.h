/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confusable: the skeletons of names against spoofing, so that no name passes for another.
 *
 * A skeleton (Unicode's UTS 39) maps letters of all scripts that look alike to one letter: the
 * Cyrillic "аӏех" gives "alex", the Han "口" the Kana "ロ" (see confusable_table.csv). So do 0 and
 * O; 1, l and I; m and rn. Signs, marks that are not part of a letter, vowel points and the Arabic
 * elongation are left out. "alice_" gives "alice", but "é" and "e" differ.
 *
 * Names that differ in case are one name, but look different, so that one skeleton is not enough:
 * the Greek "ν" looks like "v" and its capital "Ν" like "N", and with one key "nick" would be
 * "vick". Two names are alike if they are so as written, in small letters, or in capitals. */
#pragma once

#include <stdbool.h>

#include "text/name.h"

enum { SKELETONS = 3 }; /* most skeletons of a name */

/* The skeletons of one name: different strings, one behind the other. Most names have one. A zeroed
 * struct has none. */
struct skeletons {
    char *first, *end; /* end: behind the NUL of the last */
};

/* The skeleton of a name in small letters. Names with the same name_key have the same one, and it
 * is among their skeletons. */
void confusable_skeleton(const char *name, char key[NAME_KEY]);

/* -1 without memory; *skeletons then needs no confusable_fini. */
int confusable_init(struct skeletons *skeletons, const char *name);
void confusable_fini(struct skeletons *skeletons);

/* Whether they have a skeleton in common. Names with the same name_key always have. */
bool confusable_alike(const struct skeletons *one, const struct skeletons *other);
