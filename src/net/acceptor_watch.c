/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/acceptor_watch.h"

#include <errno.h>

/* A count alone would not do: one connection may be the start of a program. While a turn of many
 * such lasts, more of them come, and a signal waits. */
static void on_ready(void *owner, unsigned bits)
{
    const struct acceptor_watch *watched = owner;
    uint64_t begin = uv_hrtime();
    unsigned left = ACCEPTOR_WATCH_AT_ONCE;

    (void)bits;
    while (watched->all->pending(watched->all->owner, watched->acceptor) && --left &&
           uv_hrtime() - begin < ACCEPTOR_WATCH_TURN_NS)
        ;
}

int acceptor_watch_open(struct acceptor_watches *watches, uv_loop_t *loop,
                        const struct acceptors *acceptors, acceptor_pending *pending, void *owner,
                        struct err *err)
{
    *watches = (struct acceptor_watches){.pending = pending, .owner = owner};
    for (size_t i = 0; i < acceptors->count; i++) {
        struct acceptor_watch *watched = &watches->items[watches->count++];

        *watched = (struct acceptor_watch){watches, &acceptors->items[i], {0}};
        if (watch_init(&watched->watch, loop, watched->acceptor->fd, 0, on_ready, watched) < 0)
            return err_errno(err, ERR_LOCAL, errno, "cannot listen");
    }
    return 0;
}

void acceptor_watch_close(struct acceptor_watches *watches)
{
    for (size_t i = 0; i < watches->count; i++)
        watch_fini(&watches->items[i].watch);
    watches->count = 0;
}

void acceptor_watch_set(struct acceptor_watches *watches, bool looks)
{
    for (size_t i = 0; i < watches->count; i++)
        watch_set(&watches->items[i].watch, looks ? STREAM_IN : 0);
}
