/* SPDX-License-Identifier: GPL-3.0-or-later */
/* first_word: a command line whose first word is no command, and the one that was meant. */
#pragma once

#include "base/err.h"

/* argv[0] should have been a command; argc > 0. Always -1, with ERR_USAGE; or ERR_LOCAL: memory is
 * short. */
int first_word_explain(int argc, char **argv, struct err *err);
