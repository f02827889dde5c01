/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status: how it is with those who are served, as SIGUSR1 asks. */
#pragma once

#include <stddef.h>
#include <uv.h>

#include "net/handler.h"

enum { STATUS_PEERS = 100 };

size_t status_count(const struct handler *handler);

/* Says one line for each of them, STATUS_PEERS at most, and then how many more there are:
 * "127.0.0.1:53122: 27 bytes received, 21 sent, 0 waiting, 0:00:19". */
void status_say(const struct handler *handler, const uv_loop_t *loop);
