/* SPDX-License-Identifier: GPL-3.0-or-later */
/* modules: parts of the program that a run loads only if it needs them.
 *
 * They are tls/, with OpenSSL, bot/pattern, with PCRE2, and ui/, with readline and its terminal
 * library, where readline is shared. A static readline is in the program. A static program loads
 * nothing: it has PCRE2, too, and lacks OpenSSL. */
#pragma once

#include "base/err.h"
#include "bot/module.h"
#include "tls/module.h"
#include "ui/module.h"

/* All: NULL and ERR_LOCAL: the module or one of its libraries is not installed, or not in this
 * build. */
const struct ui_module *modules_ui(struct err *err);
const struct tls_module *modules_tls(struct err *err);
const struct bot_module *modules_bot(struct err *err);
