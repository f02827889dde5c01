/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cold: the mark of functions that most runs never call.
 *
 * Their variables stand in a frame of their own, not in that of a caller, and their code apart from
 * other code: a start touches fewer pages of memory. */
#pragma once

#define COLD __attribute__((cold, noinline))
