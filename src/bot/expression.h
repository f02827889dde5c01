/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expression: a pattern as it is written in a file.
 *
 *     /REGEX/isx         of text; \/ is a slash
 *     hex 01 ?? (03) ..  of bytes: two digits are one, ?? is any one, ??*20 are twenty, and .. any
 *                        number of them; what stands in parentheses is a group
 *
 * The pattern of bytes of a rule is the whole message; that of a regular expression is anywhere. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/must_check.h"
#include "bot/module.h"
#include "bot/source.h"

struct expression {
    struct pattern *pattern;
    bool of_bytes;
    char *text; /* as it is written, for sentences */
};

/* Takes the expression from the line. `whole`: of a rule. The pattern and the text are the caller's
 * to free. -1 and ERR_USAGE with the column. */
MUST_CHECK int expression_take(struct source *source, const struct bot_module *module, bool whole,
                               struct expression *expression, struct err *err);
