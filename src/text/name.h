/* name: what somebody may be called on a screen.
 *
 * It begins with a letter or a digit and holds visible characters only, without blanks, in at most
 * NAME_COLUMNS columns: so that it looks like nothing but a name. */
#pragma once

#include "base/err.h"

enum { NAME_COLUMNS = 32, NAME_BYTES = 127 };

/* -1 and a sentence (ERR_USAGE) for what is no name. */
int name_check(const char *name, struct err *err);
