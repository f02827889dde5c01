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

/* The message as it goes out; NULL: the bytes are not the same for all. */
static const struct form *find_form(struct room *room, const struct member *to,
                                    struct message *message)
{
    struct form_plan plan;

    return find_plan(room, to, &plan) ? message_form(message, &plan) : NULL;
}

/* The form that a message is itself has no charset: it is UTF-8. */
static void show_form(struct screen *screen, const struct screen_label *label, const char *text,
                      size_t n, enum screen_mark mark, struct view_wire *wire,
                      const struct form *form)
{
    if (form) {
        wire->bytes = form->bytes;
        wire->n = form->n;
        wire->charset = form->plan.charset ? form->plan.charset : wire->charset;
    }
    screen_seen(screen, label, text, n, mark, wire);
}

void own_show(struct screen *screen, struct room *room, const struct member *to,
              const struct screen_label *label, const char *text, size_t n, enum screen_mark mark)
{
    struct charset *utf8 = room->options.member.inbox.utf8;
    struct view_wire wire = {.n = n + 1, .charset = utf8};
    struct message *message;
    size_t held = 0;

    if (screen->view == VIEW_PLAIN) {
        screen_message(screen, label, text, n, mark);
        return;
    }
    message = message_new(utf8, text, n, true, &held);
    show_form(screen, label, text, n, mark, &wire, message ? find_form(room, to, message) : NULL);
    if (message)
        message_release(message);
}

void own_show_literal(struct screen *screen, struct room *room, const struct screen_label *label,
                      struct message *message, size_t bytes)
{
    struct view_wire wire = {.n = bytes, .charset = room->options.member.inbox.utf8};

    if (screen->view == VIEW_PLAIN)
        screen_message(screen, label, message->text, message->n, MARK_BYTES);
    else
        show_form(screen, label, message->text, message->n, MARK_BYTES, &wire,
                  find_form(room, NULL, message));
}
