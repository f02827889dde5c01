/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spoken: the charset that a peer speaks, and how that is known, as notices. */
#pragma once

#include "room/member.h"
#include "ui/screen.h"

/* "alice speaks GBK, by what it sent" */
void spoken_tell(struct screen *screen, const struct member *member);

/* The same with the address and the figures of the peer; `now` is loop time. */
void spoken_tell_figures(struct screen *screen, const struct member *member, uint64_t now);
