/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listen: the command listen: a listener, then the handler for each connection. */
#pragma once

#include "cli/options.h"

/* Runs to the end and returns the exit status. */
int listen_run(const struct options *options);
