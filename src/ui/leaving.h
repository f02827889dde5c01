/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leaving: the person leaves, while something may still be on its way.
 *
 * Ctrl-D waits until what was typed is sent. Then `connect` ends this side and waits for the peer's
 * end, and `listen` ends the room. /quit ends the room at once. A room that ends waits for its
 * outboxes, MEMBER_LEAVE_MS at most. Each time a notice says at once what is waited for, and that
 * Ctrl-C leaves. */
#pragma once

#include <stdbool.h>

#include "room/room.h"
#include "ui/screen.h"
#include "ui/upload.h"

struct leaving {
    struct upload *upload;
    bool no_finish; /* Ctrl-D sends no end to the peer */
    bool is_due;    /* once what was typed is sent */
};

/* *upload must outlive it. */
static inline void leaving_init(struct leaving *leaving, struct upload *upload, bool no_finish)
{
    *leaving = (struct leaving){upload, no_finish, false};
}

/* Ctrl-D was pressed. */
void leaving_begin(struct leaving *leaving);

/* Something was sent or dropped. */
void leaving_go_on(struct leaving *leaving);

/* Ctrl-C: what was typed is dropped, and not waited for any more. False: there was nothing. */
bool leaving_stop(struct leaving *leaving);

/* /quit was typed. */
void leaving_end_room(struct room *room, struct screen *screen);
