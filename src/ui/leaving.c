/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/leaving.h"

#include "base/language.h"

/* Only what the system did not take at once is left. */
static void tell_rest(const struct room *room, struct screen *screen)
{
    const struct member *member, *one = NULL;
    size_t count = 0, bytes = 0;

    TAILQ_FOREACH(member, &room->leaving, seat.leaving)
    {
        one = member->outbox.bytes ? member : one;
        count += member->outbox.bytes > 0;
        bytes += member->outbox.bytes;
    }
    if (count == 1)
        screen_tell(screen, "waiting up to %d s until %s takes %zu bytes; Ctrl-C leaves",
                    MEMBER_LEAVE_MS / 1000, one->seat.name, bytes);
    else if (count)
        screen_tell(screen, "waiting up to %d s until %zu peers take %zu bytes; Ctrl-C leaves",
                    MEMBER_LEAVE_MS / 1000, count, bytes);
}

void leaving_end_room(struct room *room, struct screen *screen)
{
    room_end(room);
    tell_rest(room, screen);
}

/* `connect` waits for the peer's end, `listen` has no peer of its own to wait for. */
static void leave(struct leaving *leaving)
{
    struct room *room = leaving->upload->room;
    const struct member *peer = room->roster.first;

    leaving->is_due = false;
    if (!room->options.mode.one_peer || !peer) {
        leaving_end_room(room, leaving->upload->screen);
        return;
    }
    screen_tell(leaving->upload->screen, "waiting for the last words of %s; Ctrl-C leaves",
                member_address(peer));
    room_finish(room, !leaving->no_finish);
}

void leaving_go_on(struct leaving *leaving)
{
    if (leaving->is_due && upload_is_idle(leaving->upload))
        leave(leaving);
}

bool leaving_stop(struct leaving *leaving)
{
    leaving->is_due = false;
    return upload_stop(leaving->upload);
}

void leaving_begin(struct leaving *leaving)
{
    const struct upload *upload = leaving->upload;

    leaving->is_due = true;
    if (!upload_is_idle(upload) && upload->path)
        screen_tell(upload->screen, "waiting until %s is sent; Ctrl-C leaves", upload->path);
    else if (!upload_is_idle(upload))
        screen_tell(upload->screen, "waiting until what was typed is sent; Ctrl-C leaves");
    leaving_go_on(leaving);
}
