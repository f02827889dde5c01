/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock: the local time in front of messages and lines of a log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { CLOCK_TEXT = 32 };

/* Writes "2026-11-28 16:02:11 ", or in brief "16:02:11 ", both with the blank at the end, and
 * returns the length. */
size_t clock_text(char text[CLOCK_TEXT], time_t at, bool brief);
