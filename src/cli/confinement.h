/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confinement: from the options to what os/sandbox leaves to the run, and the sentence about it. */
#pragma once

#include <stdbool.h>

#include "cli/context.h"

/* Whether the run is to be confined. */
bool confinement_is_wanted(const struct context *context);

/* Confines the process where that is wanted, and tells what is in force, with -v. All that the run
 * opens is open by now. Once per process. */
void confinement_enter(const struct context *context);
