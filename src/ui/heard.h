/* SPDX-License-Identifier: GPL-3.0-or-later */
/* heard: the messages of peers on the screen, each under the name and the colour of its sender.
 */
#pragma once

#include "room/member.h"
#include "ui/colors.h"
#include "ui/screen.h"

/* Shows what the member said, or somebody in its room; in a view of chunks, what a read brought. A
 * notice of that room has a bar, as all that a peer says: no notice of this side has one. */
void heard_show(struct screen *screen, struct colors *colors, struct member *member,
                const struct inbound *inbound);

/* Shows a message another time, in any view. */
void heard_show_again(struct screen *screen, struct member *member, const struct inbound *inbound);

/* The member has gone, and its colour is free. */
void heard_forget(struct colors *colors, struct member *member);
