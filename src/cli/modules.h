/* SPDX-License-Identifier: GPL-3.0-or-later */
/* modules: parts of the program that a run loads only if it needs them.
 *
 * That is ui/, with readline and its terminal library, where readline is shared. Elsewhere all is
 * in the program. */
#pragma once

#include "base/err.h"
#include "ui/module.h"

/* NULL and ERR_LOCAL: the module or one of its libraries is not installed. */
const struct ui_module *modules_ui(struct err *err);
