/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/bot.h"

#include "base/language.h"
#include "bot/dialog.h"
#include "room/dispatch.h"
#include "room/room.h"

static struct bot *bot_of(struct room_operator *op)
{
    return (struct bot *)op;
}

static struct peer *peer_of(const struct member *member)
{
    return member->seat.own;
}

static bool on_accepts_input(struct room_operator *op)
{
    struct bot *bot = bot_of(op);

    return bot->screen->ops->accepts_input(bot->screen);
}

static bool on_accepts_from(struct room_operator *op, const struct member *member)
{
    (void)op;
    return peer_of(member) && dialog_accepts(peer_of(member));
}

/* Bytes that no option names a charset for are shown as they came, with what ends or precedes a
 * message. */
static void show(struct bot *bot, struct member *member, const struct inbound *inbound)
{
    struct inbound shown = *inbound;

    if (bot->is_raw) {
        shown.text = (const char *)(inbound->wire.bytes - inbound->wire.head);
        shown.n = inbound_wire(inbound).bytes;
        shown.has_end = true;
    }
    bot->screen->ops->heard(bot->screen, member, &shown);
}

static void on_heard(struct room_operator *op, struct member *member, const struct inbound *inbound)
{
    show(bot_of(op), member, inbound);
    if (peer_of(member))
        dialog_heard(peer_of(member), inbound);
}

static bool on_ended(struct room_operator *op, struct member *member)
{
    if (bot_of(op)->plan.playbook->kind == PLAYBOOK_RULES || !peer_of(member))
        return false;
    dialog_ended(peer_of(member));
    member->can_read = false;
    return true;
}

static void on_broken(struct room_operator *op, struct member *member)
{
    (void)op;
    if (peer_of(member))
        dialog_broken(peer_of(member));
}

static bool on_told(struct room_operator *op, const char *sentence)
{
    struct bot *bot = bot_of(op);

    return bot->screen->ops->told(bot->screen, sentence);
}

/* A peer that goes on may let its member leave. */
static void on_drained(struct room_operator *op)
{
    struct bot *bot = bot_of(op);
    struct member *next;

    bot->screen->ops->drained(bot->screen);
    for (struct member *member = bot->plan.room->roster.first; member; member = next) {
        next = member->seat.next;
        if (peer_of(member))
            dialog_drained(peer_of(member));
    }
}

/* Nobody would answer it. */
static void refuse(struct bot *bot, struct member *member)
{
    struct room *room = bot->plan.room;
    struct err err;

    err_memory(&err);
    if (bot->plan.once)
        room_fail(room, &err);
    else
        dispatch_leave(room, member, STREAM_ABORT,
                       (struct ending){.reason = language_text(N_("out of memory"))});
}

static void on_joined(struct room_operator *op, struct member *member)
{
    struct bot *bot = bot_of(op);

    bot->screen->ops->joined(bot->screen, member);
    member->seat.own = dialog_new(&bot->plan, member);
    if (peer_of(member))
        dialog_begin(peer_of(member));
    else
        refuse(bot, member);
}

static void on_left(struct room_operator *op, struct member *member)
{
    struct bot *bot = bot_of(op);

    if (peer_of(member))
        dialog_leave(peer_of(member));
    member->seat.own = NULL;
    bot->screen->ops->left(bot->screen, member);
}

static const struct operator_ops operator_ops = {
    .accepts_input = on_accepts_input,
    .accepts_from = on_accepts_from,
    .heard = on_heard,
    .ended = on_ended,
    .broken = on_broken,
    .told = on_told,
    .drained = on_drained,
    .joined = on_joined,
    .left = on_left,
};

void bot_init(struct bot *bot, const struct peer_plan *plan, bool is_raw,
              struct room_operator *screen)
{
    *bot = (struct bot){.op = {&operator_ops}, .screen = screen, .plan = *plan, .is_raw = is_raw};
    bot->plan.budget = &bot->budget;
}
