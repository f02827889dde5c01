/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reception: whether this run can take what it receives, and has what its options are for: a person
 * or a pipe, messages, characters. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "cli/options.h"
#include "text/charset.h"

/* Takes settled options, and opens the peer's charsets where a mark may be part of a character. -1
 * and *err: standard output is closed, or --message, --view or --literal is for another run. */
MUST_CHECK int reception_check(const struct options *options, struct charsets *charsets,
                               struct err *err);
