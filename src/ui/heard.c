/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/heard.h"

#include <string.h>

/* A person in the far room is known by name. A peer of this side keeps its colour under every name.
 */
static unsigned char color_of(struct colors *colors, struct member *member, const char *from)
{
    return from ? colors_of(colors, from, strlen(from)) : colors_of(colors, &member, sizeof member);
}

void heard_show(struct screen *screen, struct colors *colors, struct member *member,
                const struct inbound *inbound)
{
    static const enum screen_mark marks[] = {[INBOUND_SAY] = MARK_NONE,
                                             [INBOUND_ACTION] = MARK_ACTION,
                                             [INBOUND_PRIVATE] = MARK_PRIVATE,
                                             [INBOUND_NOTICE] = MARK_NONE};
    struct screen_label label = {.name = "-!-", .color = COLOR_DIM};

    if (inbound->kind != INBOUND_NOTICE) {
        label.name = inbound->from ? inbound->from : member->seat.name;
        label.color = color_of(colors, member, inbound->from);
    }
    screen_message(screen, &label, inbound->text, inbound->n,
                   inbound->continues ? MARK_CONTINUES : marks[inbound->kind]);
}

void heard_forget(struct colors *colors, struct member *member)
{
    colors_free(colors, &member, sizeof member);
}
