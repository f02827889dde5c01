/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/reread.h"

#include <string.h>

#include "base/language.h"
#include "ui/heard.h"

/* The evidence of the peer's messages stays as it is. False: there is no last message. */
static bool read_last(const struct member *member, bool typed, struct inbound *inbound)
{
    const struct inbox *inbox = &member->inbox;
    struct encoding encoding = inbox->encoding;
    struct inbound_plan plan = {
        .utf8 = inbox->options->utf8, .bad = inbox->options->text.bad, .typed = typed};
    struct err err;

    *inbound = (struct inbound){.is_whole = true};
    if (!inbox->last)
        return false;
    inbound->wire = inbox->last->wire;
    return inbound_decode(inbound, &encoding, &plan, &err) == 0 || err.kind == ERR_TEXT;
}

static bool is_same(const struct inbound *one, const struct inbound *other)
{
    return one->n == other->n && !memcmp(one->text, other->text, one->n);
}

static void show(struct screen *screen, struct member *member, const struct inbound *inbound)
{
    screen_tell_event(screen, &(struct event){.sentence = N_("the last message of {name} again, "
                                                             "read as {encoding}:"),
                                              .name = member->seat.name,
                                              .encoding = charset_name(inbound->charset)});
    heard_show_again(screen, member, inbound);
}

void reread_in(struct screen *screen, struct member *member, const struct encoding_list *encodings)
{
    struct inbound before, after;
    bool typed = member->inbox.intake.framer.typed;
    bool was_read = read_last(member, typed, &before), is_read;

    inbox_set_encodings(&member->inbox, encodings);
    is_read = read_last(member, typed, &after);
    if (was_read && is_read && !is_same(&before, &after))
        show(screen, member, &after);
    inbound_fini(&before);
    inbound_fini(&after);
}
