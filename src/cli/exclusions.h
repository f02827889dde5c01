/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exclusions: pairs of options that do not go together, and options that need another one. */
#pragma once

#include "base/err.h"
#include "cli/option_table.h"

/* ERR_USAGE: the sentence of the first row of the tables that is violated. */
int exclusions_check(const struct options *options, struct err *err);
