/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/operator_literal.h"

/* A length may fit in its field for one charset and not for another one. */
static int make_all(const struct room *room, struct message *message, struct err *err)
{
    for (const struct member *member = room->roster.first; member; member = member->seat.next) {
        struct form_plan plan = member_plan(member);

        if (message_make(message, &plan, err) < 0)
            return -1;
    }
    return 0;
}

struct message *operator_literal_make(struct room *room, const struct message_literal *literal,
                                      const char *text, size_t n, struct err *err)
{
    struct message *message = message_new_literal(room->options.member.inbox.utf8, text, n, literal,
                                                  &room->fanout.pool.held);

    if (!message)
        err_memory(err);
    if (message && make_all(room, message, err) == 0)
        return message;
    if (message)
        message_release(message);
    return NULL;
}

size_t operator_literal_bytes(const struct message *message)
{
    return message->forms ? message->forms->n : 0;
}

void operator_literal_send(struct room *room, struct message *message)
{
    room->own_lines++;
    room->says_line = true;
    dispatch_speak(room, NULL, message, true);
    dispatch_effects(room);
    room->says_line = false;
}
