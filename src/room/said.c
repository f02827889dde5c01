/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/said.h"

#include "room/chat_commands.h"
#include "room/dispatch.h"
#include "room/parts.h"
#include "room/record.h"

/* Readers of the sender's charset get the same bytes, unless text is checked or changed. */
static void know_wire(const struct room *room, struct message *message,
                      const struct inbound *inbound)
{
    const struct member_options *how = &room->options.member;
    struct form_plan same = {.charset = inbound->charset, .text = how->inbox.text};

    if (message && same.charset && !room->options.mode.framed && !how->inbox.text.checked &&
        how->inbox.text.eol == EOL_AS_IS)
        message_know(message, &same, inbound->wire.bytes, inbound->wire.n);
}

static void doubt(struct room *room, struct member *member, const struct inbound *inbound)
{
    if (room->op->ops->has_commands && inbound->charset)
        announce_doubt(&room->announce, member, inbound);
}

/* A person knows the peers by name, a log by address. */
static void tell_if_long(struct room *room, const struct member *member,
                         const struct inbound *inbound)
{
    if (!inbound->is_long || inbound->continues)
        return;
    dispatch_say(room, "a message of %s is longer than 64 KiB, and comes in pieces",
                 room->op->ops->has_commands ? member->seat.name : member_address(member));
}

static struct inbound read_far(struct room *room, struct member *member,
                               const struct inbound *inbound)
{
    struct inbound read = *inbound;

    far_room_read(&room->far, &read);
    member->inbox.patience = (unsigned char)far_room_patience(&room->far);
    return read;
}

/* The operator may let the member leave, and a member that has left has no address. */
static void say_to_operator(struct room *room, struct member *member, const struct inbound *inbound)
{
    if (room->options.mode.framed)
        record_inbound(room, member, inbound, inbound_wire(inbound));
    room->op->ops->heard(room->op, member, inbound);
}

/* A gap in its words would look like all of them. */
static void fail_at_memory(struct room *room, struct member *member)
{
    struct err err;

    if (member->state != MEMBER_TALKING)
        return;
    err_set(&err, ERR_LOCAL, "%s: out of memory", member_address(member));
    dispatch_on_ended(room, member, MEMBER_FAILED, &err);
}

static void pass_on(struct room *room, struct member *member, const struct inbound *inbound)
{
    bool is_line = room->options.mode.framed && inbound->is_whole;
    struct message *message = dispatch_message(room, inbound->text, inbound->n, is_line);

    know_wire(room, message, inbound);
    if (!message)
        fail_at_memory(room, member);
    dispatch_spread(room, member, message);
}

static void take_message(struct room *room, struct member *member, const struct inbound *inbound)
{
    const struct mode *mode = &room->options.mode;

    fanout_settle(&room->fanout, member); /* before the member changes its charset, or leaves */
    announce_encoding(&room->announce, member, inbound);
    tell_if_long(room, member, inbound);
    if (mode->named) {
        size_t shown;

        room->effects.wire = inbound_wire(inbound);
        shown = chat_commands_take(&room->chat, member, inbound);
        doubt(room, member, inbound);
        dispatch_effects(room);
        flow_pay(&room->flow, member, shown);
        return;
    }
    dispatch_effects(room);
    if (mode->one_peer) {
        struct inbound read = read_far(room, member, inbound);

        say_to_operator(room, member, &read);
    } else {
        say_to_operator(room, member, inbound);
    }
    doubt(room, member, inbound);
    dispatch_effects(room);
    if (mode->mesh)
        pass_on(room, member, inbound);
}

void said_take(void *owner, struct member *member, const struct inbound *inbound)
{
    struct room *room = owner;

    if (inbound->kind == INBOUND_READ)
        room->op->ops->heard(room->op, member, inbound);
    else
        take_message(room, member, inbound);
}

void said_drop(void *owner, struct member *member, const struct inbound *inbound)
{
    struct room *room = owner;

    chat_commands_drop(&room->chat, member, inbound->drop, room->options.mode.line_ms);
    dispatch_effects(room);
    flow_pay(&room->flow, member, inbound->n);
}

size_t said_grant(void *owner, struct member *member, const unsigned char *bytes, size_t n,
                  bool is_line)
{
    struct room *room = owner;
    const struct operator_ops *ops = room->op->ops;
    size_t granted = ops->grants ? ops->grants(room->op, member, bytes, n, is_line) : n;

    flow_granted(&room->flow, member, granted, n, is_line);
    return granted;
}
