/* SPDX-License-Identifier: GPL-3.0-or-later */
/* room: many peers and one operator, in one of the shapes of mode.
 *
 * The lower files answer, and room.c and dispatch.c act:
 *
 *     member    an inbox and an outbox            roster  the members and their names
 *     fanout    messages on their way to many, and slow consumers
 *     flow      which member may speak now
 *     announce  the notices for the operator      chat    lines and notices on the wire
 *     effects   the work that announce and chat leave to dispatch
 *     dispatch  carries out effects, sends messages, evicts members, lets them leave
 *
 * The operator is the owner of the room: a person (ui/console), or standard input and output
 * (room/stdio_operator). The operator's bulk waits while any peer is congested (room_is_ready). A
 * member whose words go to peers waits while one of them is congested and took bytes within
 * FANOUT_PATIENCE_MS. A peer that took none is stalled, and holds up no member. A member whose
 * words go to the operator waits while the operator accepts no input. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "room/dispatch.h"
#include "room/parts.h"

/* *room must stay at its address until its handler is done. */
void room_init(struct room *room, uv_loop_t *loop, const struct room_options *options,
               struct room_operator *op);

/* For a room that never began. */
void room_fini(struct room *room);

/* ---- for the operator ---- */

/* Whether the room takes more of what comes in bulk: a paste, a file. Typed lines it takes always.
 */
static inline bool room_is_ready(const struct room *room)
{
    return fanout_is_ready(&room->fanout);
}

/* Line ends of what is sent from now on. */
static inline void room_set_eol(struct room *room, enum codec_eol eol)
{
    room->options.member.inbox.text.eol = eol;
}

/* The operator accepts input again: members that wait for it speak now, or in the next turn. */
void room_resume(struct room *room);
static inline void room_resume_soon(struct room *room)
{
    flow_resume_soon(&room->flow);
}

/* Sends the operator's line (without its LF) or text to all. A line, including those that the
 * functions below send, has the number room->own_lines then. Returns the largest number of its
 * characters that the charset of one peer lacks; for a line, a notice tells that number. */
uint64_t room_speak(struct room *room, const void *text, size_t n, bool is_line);

/* A line to one. */
void room_speak_to(struct room *room, struct member *member, const void *text, size_t n);

/* The operator of a chat does something. */
void room_act(struct room *room, const void *text, size_t n);

/* An answer to one, as it is; it is recorded, and not shown. */
void room_answer(struct room *room, struct member *member, const void *text, size_t n);

/* The operator has another name now. */
void room_note_renamed(struct room *room, const char *former);

/* The operator is nobody from now on: it neither speaks nor reads. */
static inline void room_lose_operator(struct room *room)
{
    room->chat.unattended = true;
}

/* The encodings of newcomers, and of all that are here. */
void room_set_encodings(struct room *room, const struct encoding_list *encodings);

/* Puts a member out; lets one go that was answered. */
void room_remove(struct room *room, struct member *member);
static inline void room_hang_up(struct room *room, struct member *member)
{
    dispatch_let_out(room, member, closed_by_us);
}

/* The operator says no more: every peer gets our end, if this sends ends, and may still speak. */
void room_finish(struct room *room, bool sends_end);

/* ---- the end ---- */

/* No other peer will come: once all that are here have gone, the handler is done. */
void room_drain(struct room *room);

/* The operator leaves: every peer gets what is on its way to it, then the handler is done. */
void room_end(struct room *room);

/* Breaks all off, for a reason, and the handler is done. */
void room_break(struct room *room, const char *reason);

/* The operator failed: the same, and the handler is told why. */
void room_fail(struct room *room, const struct err *err);

/* Waits no longer for leaving members: they are closed in that way. Tells the bytes that they did
 * not take. */
void room_abandon(struct room *room, enum stream_close how);
