/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confinement: from the options to what os/sandbox leaves to the run, and the sentence about it. */
#pragma once

#include "cli/context.h"

/* Confines the process, unless --no-sandbox was given, and tells what is in force, with -v. All
 * that the run opens is open by now. Once per process. */
void confinement_enter(const struct context *context);
