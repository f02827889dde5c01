/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confusable: what names look like, so that nobody is taken for another.
 *
 * Signs, marks that are no part of a letter, vowel points and letters drawn longer do not count:
 * "alice_" looks like "alice", and "é" is another letter than "e".
 *
 * After the skeletons of Unicode's UTS 39: what looks alike in any script becomes one (the Cyrillic
 * "аӏех" is "alex", the Han "口" is the Kana "ロ"; see confusable_table.csv), and so do 0 and O, 1,
 * l and I, m and rn. Case makes no difference, but "В" looks like "B" and "в" does not: two names
 * are alike where they are so as they are written, or would be in small letters or in capitals. */
#pragma once

#include <stdbool.h>

#include "text/name.h"

enum { CONFUSABLE_WRITTEN, CONFUSABLE_SMALL, CONFUSABLE_CAPITAL, SKELETONS };

/* The looks of one name. A zeroed one is valid and looks like nothing. */
struct skeletons {
    char *keys[SKELETONS]; /* NULL: the same as one before */
};

/* -1 without memory: nothing has to be released. */
int confusable_init(struct skeletons *skeletons, const char *name);
void confusable_fini(struct skeletons *skeletons);

/* Whether they have a key in common. Names with the same name_key always have. */
bool confusable_alike(const struct skeletons *one, const struct skeletons *other);
