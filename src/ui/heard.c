/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/heard.h"

#include <string.h>

/* A person in the far room is known by name. A peer of this side keeps its colour under every name.
 */
static unsigned char color_of(struct colors *colors, struct member *member, const char *from)
{
    return from ? colors_of(colors, from, strlen(from)) : colors_of(colors, &member, sizeof member);
}

/* The evidence is taken when the message is whole. */
static struct charset *charset_of(const struct member *member, const struct line *wire)
{
    struct encoding evidence = member->inbox.encoding;
    struct encoding_message message = {.bytes = wire->bytes, .n = wire->n};
    struct codec_plan plan = {.to = member->options->inbox.utf8, .text.checked = true};
    struct buf text;
    struct err err;

    buf_init(&text, 16 * wire->n + 16);
    if (encoding_decode(&evidence, &plan, &message, &text, &err) < 0)
        message.charset = NULL;
    buf_fini(&text);
    return message.charset ? message.charset : encoding_reply(&member->inbox.encoding);
}

/* The message as it was on the wire. A room's words have another text than their bytes. */
static struct view_wire wire_of(const struct member *member, const struct inbound *inbound)
{
    const struct line *wire = &inbound->wire;
    bool is_read = inbound->kind == INBOUND_READ;

    return (struct view_wire){
        .bytes = wire->bytes ? wire->bytes - wire->head : NULL,
        .n = wire->head + wire->n + wire->end,
        .head = wire->head,
        .body = wire->n,
        .charset = is_read ? charset_of(member, wire) : inbound->charset,
        .is_text = is_read || (inbound->kind == INBOUND_SAY && !inbound->from && wire->bytes),
    };
}

static void show(struct screen *screen, struct colors *colors, struct member *member,
                 const struct inbound *inbound)
{
    static const enum screen_mark marks[] = {[INBOUND_SAY] = MARK_NONE,
                                             [INBOUND_ACTION] = MARK_ACTION,
                                             [INBOUND_PRIVATE] = MARK_PRIVATE,
                                             [INBOUND_NOTICE] = MARK_NONE,
                                             [INBOUND_READ] = MARK_NONE};
    struct screen_label label = {.name = "-!-", .color = COLOR_DIM};
    enum screen_mark mark = inbound->continues ? MARK_CONTINUES : marks[inbound->kind];
    struct view_wire wire;

    if (inbound->kind != INBOUND_NOTICE) {
        label.name = inbound->from ? inbound->from : member->seat.name;
        label.color = colors ? color_of(colors, member, inbound->from) : COLOR_DEFAULT;
    }
    if (screen->view == VIEW_PLAIN) {
        screen_message(screen, &label, inbound->text, inbound->n, mark);
        return;
    }
    wire = wire_of(member, inbound);
    screen_seen(screen, &label, inbound->text ? inbound->text : "", inbound->n, mark, &wire);
}

void heard_show(struct screen *screen, struct colors *colors, struct member *member,
                const struct inbound *inbound)
{
    if ((screen->view == VIEW_CHUNKS) == (inbound->kind == INBOUND_READ))
        show(screen, colors, member, inbound);
}

void heard_show_again(struct screen *screen, struct member *member, const struct inbound *inbound)
{
    show(screen, screen->style.colors, member, inbound);
}

void heard_forget(struct colors *colors, struct member *member)
{
    colors_free(colors, &member, sizeof member);
}
