/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bind_lookup: the acceptors of an address as written; a name is looked up first. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "net/address.h"
#include "net/bind.h"
#include "net/resolve.h"

/* err->kind ERR_NONE: the acceptors are open, and the owner's to close. Otherwise none is open, and
 * *err is that of resolve or bind_open. The owner may change it. */
typedef void bind_lookup_done(void *owner, struct err *err);

/* Valid when zeroed: bind_lookup_stop does nothing. */
struct bind_lookup {
    struct resolve resolve;
    struct acceptors *acceptors;
    bind_lookup_done *done;
    void *owner;
};

/* Opens *acceptors, which is empty, and calls done once, possibly before the return. The address of
 * the query must outlive the acceptors. */
void bind_lookup_start(struct bind_lookup *lookup, uv_loop_t *loop,
                       const struct resolve_query *query, struct acceptors *acceptors,
                       bind_lookup_done *done, void *owner);

/* Ends a look-up without calling done. */
void bind_lookup_stop(struct bind_lookup *lookup);
