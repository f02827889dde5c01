/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tty: facts about the terminal at descriptor 1: its size, its abilities. */
#pragma once

#include <stdbool.h>

/* 80 and 24 where the system does not know them. */
unsigned tty_columns(void);
unsigned tty_rows(void);

/* Whether it understands escape sequences: TERM is known, and not dumb or the like. */
bool tty_is_able(void);
