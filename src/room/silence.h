/* SPDX-License-Identifier: GPL-3.0-or-later */
/* silence: how long an inbox waits for the end of an open line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "room/inbox_parts.h"

/* Until the open line is too old. */
uint64_t silence_left_of_line(const struct inbox *inbox, uint64_t now);

/* Whether the held bytes end with letters, unless UTF-8 goes on behind them. */
bool silence_may_be_finished(const struct inbox *inbox);

/* The silence that ends the open line; INBOX_NEVER: none does. */
uint64_t silence_that_ends(const struct inbox *inbox);
