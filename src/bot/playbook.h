/* SPDX-License-Identifier: GPL-3.0-or-later */
/* playbook: a file of rules or a script, read and checked as a whole; bot/grammar has its lines. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "bot/statement.h"
#include "text/charset.h"

/* Reads the file. ERR_LOCAL: it cannot be read; ERR_USAGE: "PATH:3: column 7: ...". */
int playbook_read(struct playbook *playbook, enum playbook_kind kind, const char *path,
                  const struct bot_module *module, struct charset *utf8, struct charset *local,
                  struct err *err);

/* Nothing for a zeroed one. */
void playbook_fini(struct playbook *playbook);
