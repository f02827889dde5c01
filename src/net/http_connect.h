/* SPDX-License-Identifier: GPL-3.0-or-later */
/* http_connect: how a proxy is asked by CONNECT of HTTP/1.1 (RFC 9110, section 9.3.6) with Basic
 * (RFC 7617). Any 2xx is a success; its head ends with an empty line, and the next byte is the
 * peer's.
 */
#pragma once

#include "net/proxy_exchange.h"

/* Says the first words. */
void http_connect_begin(struct proxy_exchange *exchange);
