/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chat: what makes a room one for people: names, notices and commands, on the wire.
 *
 *     NAME: text              somebody says it
 *     * NAME does it          /me
 *     [NAME] text             /msg, to one
 *     -!- NAME joined         a notice; answers to commands are notices, too
 *     -!- 37 joined, 12 left  more than ANNOUNCE_TOLD of a kind in a second are summed
 *
 * A line of a member begins with the member's name, with "* " or with "[". No name begins with
 * "-", so no member can write a notice, whatever its words are. A line holds visible characters
 * only. */
#pragma once

#include <stdint.h>

#include "room/room.h"

enum { CHAT_HEAD = MEMBER_NAME + 4 };

/* The head of a message in the operator's log and in the transcript: "NAME:", "* NAME" or
 * "[NAME]". */
void chat_head(const char *name, enum inbound_kind kind, char head[CHAT_HEAD]);

/* A member came, or went; it is in the roster while this is told. */
void chat_joined(struct room *room, struct member *member);
void chat_left(struct room *room, struct member *member, const char *why);

/* The operator puts a member out; the member reads it, and the others read that it left. */
void chat_put_out(struct room *room, struct member *member);

/* The room ends; everybody in it reads so. */
void chat_ended(struct room *room);

/* So many of each kind were not told one by one. */
void chat_sum(struct room *room, const unsigned untold[TRAFFIC_KINDS]);

/* A member said a line: text for all, or a command. */
void chat_said(struct room *room, struct member *member, const struct inbound *inbound);

/* A member's command was dropped, or a piece of one, of n bytes. */
void chat_dropped(struct room *room, struct member *member, enum member_drop why, size_t n);

/* The operator says one line or several, to all or one line to one, or has another name now. */
void chat_speak(struct room *room, const void *text, size_t n);
void chat_speak_to(struct room *room, struct member *member, const void *text, size_t n);
void chat_renamed(struct room *room, const char *former, const char *name);
