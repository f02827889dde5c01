/* SPDX-License-Identifier: GPL-3.0-or-later */
/* completion: what Tab offers at a console's prompt: commands, names of peers, charsets, files.
 *
 * The prompt's events of the same meaning; their owner is the console. */
#pragma once

#include "ui/prompt.h"

/* What could follow the text left of the cursor. */
void completion_begin(void *owner, const char *before, struct prompt_choices *choices);

/* There are several: they are shown as a notice. */
void completion_show(void *owner, char **words, size_t count);
