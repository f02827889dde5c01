/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/bind_lookup.h"

static void on_resolved(void *owner, const struct endpoints *endpoints, const struct err *err)
{
    struct bind_lookup *lookup = owner;
    struct err failed = *err;

    if (failed.kind == ERR_NONE)
        bind_open(lookup->acceptors, endpoints, &failed);
    lookup->done(lookup->owner, &failed);
}

void bind_lookup_start(struct bind_lookup *lookup, uv_loop_t *loop,
                       const struct resolve_query *query, struct acceptors *acceptors,
                       bind_lookup_done *done, void *owner)
{
    struct err err = {0};

    lookup->acceptors = acceptors;
    lookup->done = done;
    lookup->owner = owner;
    if (query->address->kind == ADDRESS_TCP) {
        resolve_start(&lookup->resolve, loop, query, on_resolved, lookup);
        return;
    }
    bind_open_one(acceptors, query->address, &err);
    done(owner, &err);
}

void bind_lookup_stop(struct bind_lookup *lookup)
{
    resolve_stop(&lookup->resolve);
}
