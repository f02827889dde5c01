/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option_value: one option's text, read into its field of struct options. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/option_table.h"

/* Reads `text` (NULL: a flag of the command line) into the row's field. The field keeps `text`
 * where it is one. `source` names the option or the variable in sentences. ERR_USAGE, ERR_LOCAL. */
int option_value_read(struct options *options, const struct option_row *row, const char *text,
                      const char *source, struct err *err);

/* Whether the field holds another value than that of an option that is missing. */
bool option_value_is_given(const struct options *options, const struct option_row *row);

/* "auto", or several charsets. */
bool option_value_is_charset_list(const char *text);
