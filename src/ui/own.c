/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/own.h"

#include "room/message.h"

/* False: nobody gets it, or not all get the same. A room puts a name in front of it. */
static bool find_plan(struct room *room, const struct member *to, struct form_plan *plan)
{
    const struct member *first = to ? to : room->roster.first;

    if (!first || room_is_chat(room))
        return false;
    *plan = member_plan(first);
    for (const struct member *other = to ? NULL : first->seat.next; other;
         other = other->seat.next) {
        struct form_plan another = member_plan(other);

        if (!form_plan_same(plan, &another))
            return false;
    }
    return true;
}

void own_show(struct screen *screen, struct room *room, const struct member *to,
              const struct screen_label *label, const char *text, size_t n, enum screen_mark mark)
{
    struct charset *utf8 = room->options.member.inbox.utf8;
    struct screen_wire wire = {.n = n + 1, .charset = utf8};
    struct message *message = NULL;
    const struct form *form = NULL;
    struct form_plan plan;
    size_t held = 0;

    if (screen->view == VIEW_PLAIN) {
        screen_message(screen, label, text, n, mark);
        return;
    }
    if (find_plan(room, to, &plan))
        message = message_new(utf8, text, n, true, &held);
    if (message)
        form = message_form(message, &plan);
    if (form) {
        wire.bytes = form->bytes;
        wire.n = form->n;
        wire.charset = plan.charset ? plan.charset : utf8;
    }
    screen_seen(screen, label, text, n, mark, &wire);
    if (message)
        message_release(message);
}
