/* SPDX-License-Identifier: GPL-3.0-or-later */
/* name: what somebody may be called on a screen.
 *
 * A name begins with a letter or a digit and holds letters, their marks, digits and "-_.'@+" only,
 * in at most NAME_COLUMNS columns: it looks like nothing but a name. Its letters are of one script,
 * or Han, Kana, Hangul and ASCII together: no letter stands for another that looks like it (the
 * "highly restrictive" level of Unicode's UTS 39). Marks and digits that belong to a script go with
 * that script only. A letter has at most four marks, none of them twice in a row (UTS 39, 5.4). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { NAME_COLUMNS = 32, NAME_BYTES = 127, NAME_KEY = 1024 };

/* -1 and a sentence (ERR_USAGE) for what is no name. */
int name_check(const char *name, struct err *err);

/* Whether the character is one of "-_.'@+". */
bool name_is_sign(uint32_t scalar);

/* What two names have in common that differ in case or width only ("Peer", "ｐｅｅｒ"): they mean
 * the same one. Others that just look the same have their looks in common; see looks. */
void name_key(const char *name, char key[NAME_KEY]);

/* Whether a key, or what a name looks like, holds nothing but digits of any script, and letters
 * that look like them. */
bool name_is_number(const char *key);
