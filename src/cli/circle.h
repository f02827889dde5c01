/* SPDX-License-Identifier: GPL-3.0-or-later */
/* circle: whether --forward leads back to the listener that is to pass its connections on. Each of
 * them would come back as another one, until no descriptor is left. */
#pragma once

#include <stdbool.h>

#include "cli/run.h"
#include "net/address.h"
#include "net/listener.h"

bool circle_closes(const struct listener *listener, const struct endpoint *target);

/* Whether that is plain without a look-up, from numbers, a path or localhost: no other address is
 * meant. `family` is AF_UNSPEC or the only one to be used. */
bool circle_is_plain(const struct listener *listener, const struct address *target, int family,
                     struct run *run);
