/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/own.h"

#include "text/codec.h"

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

/* As room/message makes it. */
static int encode(struct charset *utf8, const struct form_plan *plan, const char *text, size_t n,
                  struct buf *wire)
{
    struct codec_plan how = {.from = plan->charset ? utf8 : NULL,
                             .to = plan->charset,
                             .text = plan->text,
                             .wire = WIRE_IS_OUTPUT};
    struct codec codec;

    how.text.checked = false;
    if (how.text.bad == BAD_STOP)
        how.text.bad = BAD_REPLACE;
    codec_init(&codec, &how);
    if (codec_push(&codec, text, n, false, wire, NULL) < 0)
        return -1;
    return codec_push(&codec, "\n", 1, true, wire, NULL);
}

void own_show(struct screen *screen, struct room *room, const struct member *to,
              const struct screen_label *label, const char *text, size_t n, enum screen_mark mark)
{
    struct charset *utf8 = room->options.member.inbox.utf8;
    struct screen_wire wire = {.n = n + 1, .charset = utf8};
    struct form_plan plan;
    struct buf bytes;

    if (screen->view == VIEW_PLAIN) {
        screen_message(screen, label, text, n, mark);
        return;
    }
    buf_init(&bytes, 16 * n + 16);
    if (find_plan(room, to, &plan) && encode(utf8, &plan, text, n, &bytes) == 0) {
        wire.bytes = buf_bytes(&bytes);
        wire.n = buf_length(&bytes);
        wire.charset = plan.charset ? plan.charset : utf8;
    }
    screen_seen(screen, label, text, n, mark, &wire);
    buf_fini(&bytes);
}
