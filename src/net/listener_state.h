/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listener_state: the states of a listener.
 *
 * STARTING, until all addresses are bound, is followed by the first state whose condition holds:
 *
 *     state      condition                                           acceptors  until
 *     ---------  --------------------------------------------------  ---------  ------------------
 *     CLOSED     listener_close                                      closed
 *     LOCKED     listener_lock                                       shut       listener_lock
 *     PAUSED     a descriptor or memory was missing                  unwatched  a place, or 1 s
 *     FULL       no place nor queue has room, and full() told so     unwatched  a place is free
 *     ACCEPTING  there is room, or full() is to tell of the next     watched
 */
#pragma once

#include "net/address.h"

enum listener_state {
    LISTENER_STARTING,
    LISTENER_CLOSED,
    LISTENER_LOCKED,
    LISTENER_PAUSED,
    LISTENER_FULL,
    LISTENER_ACCEPTING,
};

/* With -vv: the listener at this address goes from one state to another. */
void listener_state_trace(const struct address *address, enum listener_state from,
                          enum listener_state to);
