/* guests: those whom a listener has let in, each of them with a place until its socket is closed,
 * whoever closes it, and until all that it pays for has ended: a program, a connection of its own.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "io/stream.h"
#include "net/address.h"

/* From the loop. */
struct guests_events {
    bool (*admits)(void *owner, const struct endpoint *peer); /* whether it may come in */
    void (*closed)(void *owner);                              /* a descriptor is free */
    void (*gone)(void *owner, const struct endpoint *peer); /* one that might is not here (more) */
    void (*left)(void *owner);                              /* after gone: a place is free */
};

struct guests {
    uv_loop_t *loop;
    const struct guests_events *events;
    void *owner;
    unsigned max;   /* 0: no limit */
    unsigned count; /* places that are taken */
};

bool guests_are_full(const struct guests *guests);

/* Takes over the descriptor of one who knocks. NULL: it was refused, and is closed. */
struct stream *guests_let_in(struct guests *guests, int fd, const struct endpoint *peer);

/* The guest whose stream this is, whatever is around its socket; NULL: none. Each hold, of NULL
 * too, is released once; the guest keeps its place so long. Release is for those who call back. */
struct guest;
struct guest *guest_hold(const struct stream *stream);
void guest_release(void *guest);
