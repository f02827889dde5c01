/* guests: those whom a listener has let in, each of them until its socket is closed, whoever closes
 * it. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "io/stream.h"
#include "net/address.h"

/* From the loop. */
struct guests_events {
    bool (*admits)(void *owner, const struct endpoint *peer); /* whether it may come in */
    void (*gone)(void *owner, const struct endpoint *peer); /* one that might is not here (more) */
    void (*left)(void *owner); /* after gone: a place and a descriptor are free */
};

struct guests {
    uv_loop_t *loop;
    const struct guests_events *events;
    void *owner;
    unsigned max;    /* 0: no limit */
    unsigned count;  /* that are here */
    unsigned others; /* places that are taken otherwise */
};

bool guests_are_full(const struct guests *guests);

/* Takes over the descriptor of one who knocks. NULL: it was refused, and is closed. */
struct stream *guests_let_in(struct guests *guests, int fd, const struct endpoint *peer);
