/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connect: the command connect: a dial, then the handler. */
#pragma once

#include "cli/options.h"

/* Runs to the end and returns the exit status. */
int connect_run(const struct options *options);
