/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self: whether an address is one that a socket of this side listens at. */
#pragma once

#include <stdbool.h>

#include "net/address.h"

/* Whether a connection to `target` ends at a socket that is bound to `bound`: the same port, and an
 * address that is the same, or this machine's where every address is bound; or the same file. */
bool self_is_reached(const struct endpoint *bound, const struct endpoint *target);
