/* SPDX-License-Identifier: GPL-3.0-or-later */
/* member: a peer in a room: an inbox and an outbox on one stream.
 *
 * A member pulls messages from its inbox while its owner lets it speak, and writes its outbox when
 * the stream takes bytes.
 *
 *     state    reads  writes                  leaves the state by
 *     -------  -----  ----------------------  ---------------------------------------
 *     TALKING  yes    as outbox.c has it      member_leave
 *     LEAVING  no     the rest of the outbox  all is written, a failure, or MEMBER_LEAVE_MS
 *
 * The room owns its members. A member that has left is freed by the loop, after closed(). */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "room/leaving.h"
#include "room/member_parts.h"
#include "room/message.h"

/* Takes over the stream and begins to read it. *options must outlive the member. NULL and *err:
 * the stream is closed. */
MUST_CHECK struct member *member_new(uv_loop_t *loop, struct stream *stream,
                                     const struct member_options *options,
                                     const struct member_events *events, void *owner,
                                     struct err *err);

/* The form in which the member gets messages. */
static inline struct form_plan member_plan(const struct member *member)
{
    struct form_plan plan = {.text = member->options->inbox.text};

    if (!inbox_is_raw(&member->inbox))
        plan.charset = encoding_reply(&member->inbox.encoding);
    if (member->inbox.intake.telnet.negotiated)
        plan.text = text_options_of_telnet(plan.text);
    return plan;
}

/* Queues the message in the member's charset but for `put` bytes, less than all, that are written
 * already. NULL: there was no memory for it. A set of enum outbox_change. A member that lacks a
 * message fails, and is broken off however it leaves. */
MUST_CHECK unsigned member_send(struct member *member, struct message *message, size_t put);

/* Writes what goes now; a set of enum outbox_change. The loop tells a failure by `ended`. */
MUST_CHECK unsigned member_flush(struct member *member);

/* The member may speak again. */
void member_resume(struct member *member);

/* Our end follows what is in the outbox. */
void member_finish(struct member *member);
