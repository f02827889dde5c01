/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self: the addresses that this side listens at.
 *
 * --forward to such an address would bring each connection back as another one, until no descriptor
 * is left. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "net/address.h"
#include "net/listener.h"

/* Whether a connection to `target` ends at a socket that is bound to `bound`: the same port, and an
 * address that is the same, or this machine's where every address is bound; or the same file. */
bool self_is_reached(const struct endpoint *bound, const struct endpoint *target);

/* Whether a connection to `target` ends at a socket of the listener. NULL: false. */
bool self_is_listener(const struct listener *listener, const struct endpoint *target);

/* Whether every address of `target` is one of the listener's, as far as that is plain without a
 * look-up: numbers, a path, localhost. `family`: AF_UNSPEC, AF_INET or AF_INET6. */
bool self_is_plainly_listener(const struct listener *listener, const struct address *target,
                              int family, uv_loop_t *loop);

/* The address at which a neighbour reaches the listener. For a socket of every address that is the
 * one of this machine on the way out, or a loopback address without such a way. IPv4 goes first. */
struct endpoint self_for_neighbours(const struct listener *listener);
