/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands: the two that tcpchat is made of. Each runs to its end and returns the exit status. */
#pragma once

#include "cli/options.h"

int listen_run(const struct options *options);
int connect_run(const struct options *options);
