/* SPDX-License-Identifier: GPL-3.0-or-later */
/* modules: parts of the program that a run loads only if it needs them.
 *
 * They are tls/, with OpenSSL, and ui/, with readline and its terminal library, where readline is
 * shared. A static readline is in the program. */
#pragma once

#include "base/err.h"
#include "tls/module.h"
#include "ui/module.h"

/* Both: NULL and ERR_LOCAL: the module or one of its libraries is not installed. */
const struct ui_module *modules_ui(struct err *err);
const struct tls_module *modules_tls(struct err *err);
