/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock: the local time, as it stands in front of what is said and written down. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { CLOCK_TEXT = 32 };

/* "2026-11-28 16:02:11 ", or in brief "16:02:11 ", with the blank. Returns its length. */
size_t clock_text(char text[CLOCK_TEXT], time_t at, bool brief);
