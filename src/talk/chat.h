/* chat: what makes a room one for people: names, notices and commands, on the wire.
 *
 *     NAME: text              somebody says it
 *     * NAME does it          /me
 *     [NAME] text             /msg, to one
 *     * NAME joined           notices, and answers to commands, begin with a star
 *     * 37 joined, 12 left    more than NOTICE_TOLD of them in a second
 *
 * Each line that reaches a peer begins with a name that is its sender's, or with what no name
 * begins with, and holds visible characters only: so nobody can say it for another. */
#pragma once

#include <stdint.h>

#include "talk/room.h"

enum { CHAT_RATE = 5, CHAT_BURST = 20, CHAT_HEAD = MEMBER_NAME + 4 };

/* What the operator's log and the transcript put in front of a message: "NAME:", "* NAME:" or
 * "[NAME]", none of which any notice has. */
void chat_head(const char *name, enum utterance_kind kind, char head[CHAT_HEAD]);

/* A member came, or went; it is in the roster while this is told. */
void chat_joined(struct room *room, struct member *member);
void chat_left(struct room *room, struct member *member, const char *why);

/* So many came and went who were not told one by one. */
void chat_sum(struct room *room, unsigned joined, unsigned left);

/* Ms until the member may say its next line. */
uint64_t chat_pause(struct room *room, struct member *member);

/* A member said a line: text for all, or a command. */
void chat_said(struct room *room, struct member *member, const struct utterance *utterance);

/* The operator says one line or several, to all or one line to one, or has another name now. */
void chat_speak(struct room *room, const void *text, size_t n);
void chat_speak_to(struct room *room, struct member *member, const void *text, size_t n);
void chat_renamed(struct room *room, const char *former, const char *name);
