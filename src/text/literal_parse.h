/* SPDX-License-Identifier: GPL-3.0-or-later */
/* literal_parse: from the text of a literal to its pieces; text/literal has the grammar. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "text/literal.h"

/* The literal that n bytes of UTF-8 are. `column` is that of the first character, 1 for a text that
 * stands alone. `captures` fields are allowed: 0 is none, 10 is {0} to {9}; LITERAL_UNMATCHED: none
 * yet, in a file of rules. The caller frees it by literal_free. NULL and ERR_USAGE: "column 7:
 * ...", a mistake at this character; ERR_LOCAL without memory. */
MUST_CHECK struct literal *literal_parse(const char *text, size_t n, size_t column,
                                         unsigned captures, struct err *err);
