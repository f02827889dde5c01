/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chat: the lines and notices of a room for people, as they stand on the wire.
 *
 *     NAME: text              text for all
 *     * NAME does it          an action (/me)
 *     [NAME] text             private (/msg)
 *     -!- NAME joined         a notice; answers to commands are notices, too
 *     -!- 37 joined, 12 left  more than ANNOUNCE_TOLD of a kind in a second are summed
 *
 * A line of a member begins with the member's name, with "* " or with "[". No name begins with
 * "-", so no member can write a notice, whatever its words are. A line holds visible characters
 * only. Lines and notices are effects; see effects. Functions that answer size_t give the bytes
 * that they make the room say. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "net/queue.h"
#include "room/announce.h"
#include "room/effects.h"
#include "room/member.h"
#include "room/roster.h"
#include "text/charset.h"

enum { CHAT_HEAD = 2 * MEMBER_NAME + 8, CHAT_LINE = 1024 };

#define CHAT_ENDED "the room has ended"

struct chat {
    struct roster *roster;
    struct announce *announce;
    struct effects *effects;
    bool commands;                 /* members have commands */
    bool unattended;               /* the operator is nobody: not listed, and reached by no /msg */
    struct charsets *charsets;     /* from which members may choose */
    struct encoding_legacy legacy; /* the other one of "auto" */
};

/* The notice for the one with this number in the queue, as queue_line. */
void chat_queue_line(char line[QUEUE_LINE], unsigned number);

/* The head of a message in the operator's log and in the transcript: "NAME:", "* NAME" or
 * "[NAME]". */
void chat_head(const char *name, enum inbound_kind kind, char head[CHAT_HEAD]);

/* A member came, or went; it is in the roster while this is told. chat_gone tells the operator
 * nothing, and answers whether this one is told at all. */
void chat_joined(struct chat *chat, struct member *member);
void chat_left(struct chat *chat, struct member *member, const char *why);
bool chat_gone(struct chat *chat, struct member *member);

/* The operator puts a member out: the member reads it, and the others read that it left. */
void chat_put_out(struct chat *chat, struct member *member);

/* The room ends: all in it read so. */
void chat_ended(struct chat *chat);

/* Tells the numbers of joins, leaves and new names that were not told one by one. */
void chat_sum(struct chat *chat, const unsigned untold[TRAFFIC_KINDS]);

/* A member has another name now. */
size_t chat_renamed(struct chat *chat, struct member *member, const char *former);

/* A member says text to all, does something, or says text to another one. */
size_t chat_say(struct chat *chat, struct member *member, const char *text, size_t n);
size_t chat_act(struct chat *chat, struct member *member, const char *text, size_t n);
size_t chat_whisper(struct chat *chat, struct member *member, struct member *to, const char *text,
                    size_t n);

/* A notice to one member. */
__attribute__((format(printf, 3, 4))) size_t chat_answer(struct chat *chat, struct member *member,
                                                         const char *format, ...);

/* The operator says lines to all, says one line to `to`, acts (/me), or has another name than
 * `former`. */
void chat_speak(struct chat *chat, const char *text, size_t n);
void chat_speak_to(struct chat *chat, struct member *to, const char *text, size_t n);
void chat_operator_act(struct chat *chat, const char *text, size_t n);
void chat_operator_renamed(struct chat *chat, const char *former);
