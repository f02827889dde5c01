/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explained: the sentences of --explain, on standard error or the screen.
 *
 * At most EXPLAINED_A_SECOND a second are shown. Further ones are counted, and told together: "…
 * 4 711 more reads, 31 MB". A single one is told as it is. Calls that make or end something have as
 * many places of their own; so have facts about beginnings, about ends, and about charsets. No
 * flood of bytes hides these. Recorders get each event. */
#pragma once

#include <uv.h>

enum { EXPLAINED_A_SECOND = 20 };

/* From now on the sentences are shown while event_explain has them told. */
void explained_install(void);

/* Tells sums from the loop, where no other event follows; does not keep the loop alive. */
void explained_open(uv_loop_t *loop);

/* Tells the last sums; the loop has to turn once more. */
void explained_close(void);
