/* SPDX-License-Identifier: GPL-3.0-or-later */
/* name: the names that a peer may have on a screen.
 *
 * A name begins with a letter or a digit and takes at most NAME_COLUMNS columns. It holds only
 * letters, their marks, digits and "-_.'@+". Its letters are of one script, or Han, Kana, Hangul
 * and ASCII together (the "highly restrictive" level of Unicode's UTS 39), and none of another
 * script can pass for one of them. Marks and digits of a script go with that script only. A letter
 * has at most four marks, and never the same mark twice in a row (UTS 39, 5.4). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { NAME_COLUMNS = 32, NAME_BYTES = 127, NAME_KEY = 1024 };

/* 0 for a name; else -1 and ERR_USAGE with a sentence. */
int name_check(const char *name, struct err *err);

/* Whether the character is one of "-_.'@+". */
bool name_is_sign(uint32_t scalar);

/* The name with case and width folded: "Peer" and "ｐｅｅｒ" have one key and mean one member. For
 * names that only look the same see text/confusable. */
void name_key(const char *name, char key[NAME_KEY]);

/* Whether a key, or a skeleton, has only digits of any script and letters that look like digits. */
bool name_is_number(const char *key);
