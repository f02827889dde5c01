/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reread: the last message of a peer, read in the charset that the person has set. */
#pragma once

#include "room/member.h"
#include "ui/screen.h"

/* Sets what the member speaks. A last message that reads otherwise then is shown again, and a
 * notice says so. */
void reread_in(struct screen *screen, struct member *member, const struct encoding_list *encodings);
