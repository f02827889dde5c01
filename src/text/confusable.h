/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confusable: the skeletons of names, so that no name passes for another.
 *
 * Signs, marks that are no part of a letter, vowel points and letters drawn longer do not count:
 * "alice_" looks like "alice", and "é" is another letter than "e".
 *
 * After the skeletons of Unicode's UTS 39: what looks alike in any script becomes one (the Cyrillic
 * "аӏех" is "alex", the Han "口" is the Kana "ロ"; see confusable_table.csv), and so do 0 and O, 1,
 * l and I, m and rn.
 *
 * Case makes no difference to names, but it does to looks, and so one skeleton does not do: the
 * Greek "ν" looks like "v" and its capital "Ν" like "N", and by one key "nick" would be "vick".
 * Two names are alike where they are so as they are written, in small letters or in capitals. */
#pragma once

#include <stdbool.h>

#include "text/name.h"

enum { SKELETONS = 3 }; /* of a name, at most */

/* The skeletons of one name: strings, one behind the other, each different from those before it;
 * mostly one. A zeroed struct has none. */
struct skeletons {
    char *first, *end;
};

/* The skeleton of a name in small letters. Names with the same name_key have the same one, and it
 * is among their skeletons. */
void confusable_skeleton(const char *name, char key[NAME_KEY]);

/* -1 without memory: nothing has to be released. */
int confusable_init(struct skeletons *skeletons, const char *name);
void confusable_fini(struct skeletons *skeletons);

/* Whether they have a skeleton in common. Names with the same name_key always have. */
bool confusable_alike(const struct skeletons *one, const struct skeletons *other);
