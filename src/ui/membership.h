/* SPDX-License-Identifier: GPL-3.0-or-later */
/* membership: a person at `connect` as a full member of the far room.
 *
 * The room's greeting makes the person one: --name is told there, commands of the room go to it,
 * and names of the room are completed. Only what the person has asked for changes anything here: a
 * new name, and the encodings of both sides, once the room has said yes. */
#pragma once

#include <stdbool.h>

#include "room/room.h"
#include "text/command.h"
#include "ui/waiting.h"

struct membership {
    struct room *room;
    struct waiting *waiting;
    const char *nick; /* the value of --name; NULL: not given */
    char *label;      /* MEMBER_NAME bytes: the person's name on the screen */
    bool is_member;
    char granted[MEMBER_NAME];    /* the last name that the room has given, for the next one */
    char asked_name[MEMBER_NAME]; /* by /nick, and the room has not answered; or empty */
    struct encoding_list
        asked_list; /* the same as given to /encoding; without `first`: none was given */
};

/* The strings and `label` are the caller's and outlive it. */
void membership_init(struct membership *membership, struct room *room, struct waiting *waiting,
                     const char *nick, char *label);

/* The peer has said this, and it was shown. True where the person has become a member by it. */
bool membership_heard(struct membership *membership, const struct inbound *inbound);

/* The room has gone; another one may come. */
void membership_left(struct membership *membership);

/* Carries out a command of the room that was typed so: /who, /nick, /me, /msg. */
void membership_run(struct membership *membership, const struct command_line *line,
                    const char *typed);

/* Asks the room to speak so; what this side speaks follows the room's answer. */
void membership_ask_encodings(struct membership *membership, const struct encoding_list *list);
