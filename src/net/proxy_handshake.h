/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy_handshake: asks a proxy for a connection, as bytes without a socket, in one of the
 * protocols of net/socks and net/http_connect. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/must_check.h"
#include "net/proxy_exchange.h"

/* Whether this kind of proxy can be asked that. -1 and ERR_USAGE, whose sentence has no login. */
MUST_CHECK int proxy_request_check(const struct proxy_request *request, struct err *err);

/* `request` was checked and must outlive the exchange. `out` has the first bytes then. */
void proxy_handshake_init(struct proxy_exchange *exchange, const struct proxy_request *request);

/* Takes bytes of the proxy. *used of them belong to the handshake: all n of them as long as the
 * proxy is still asked. `out` may have gained bytes to send. */
enum proxy_progress proxy_handshake_feed(struct proxy_exchange *exchange, const void *bytes,
                                         size_t n, size_t *used);
