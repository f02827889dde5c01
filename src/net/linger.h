/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linger: the close of a connection, which may wait until the peer has what was sent (see close in
 * net/connection). */
#pragma once

#include "net/connection_parts.h"

/* Neither the watch nor the timer of the connection is in use. Frees it, now or later. */
void linger_close(struct connection *connection, enum stream_close how);
