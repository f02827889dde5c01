/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exclusions: options that do not go together, so that none is given in vain. */
#pragma once

#include "base/err.h"
#include "cli/options.h"

/* ERR_USAGE: two options exclude each other, or one needs another. The addresses are parsed. */
int exclusions_check(const struct options *options, struct err *err);
