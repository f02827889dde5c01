/* SPDX-License-Identifier: GPL-3.0-or-later */
/* numeric: mistakes in an address that is a number: its brackets, zone, family, kind. */
#pragma once

#include "cli/meant.h"

/* Whether the words have one; fills *meant. */
bool numeric_find(const struct meant_typed *typed, struct meant *meant);

/* The address of -s, a word of the line: 0 where it has no such mistake, else -1 and ERR_USAGE. */
int numeric_check_source(const char *source, const struct correction *line, struct err *err);
