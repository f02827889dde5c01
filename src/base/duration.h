/* SPDX-License-Identifier: GPL-3.0-or-later */
/* duration: a time as people write it: 500ms, 0.5, 2s, 3m, 1h; seconds where nothing else stands.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"

/* Reads n bytes as a time of a whole number of microseconds and of at most a year. -1: it is none.
 */
MUST_CHECK int duration_parse(const char *text, size_t n, uint64_t *us);
