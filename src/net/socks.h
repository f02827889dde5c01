/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socks: how a proxy is asked in SOCKS5 (RFC 1928) with user and password (RFC 1929), and in
 * SOCKS4a. Names go to the proxy, which looks them up. */
#pragma once

#include "net/proxy_exchange.h"

/* Says the first words. */
void socks5_begin(struct proxy_exchange *exchange);
void socks4_begin(struct proxy_exchange *exchange);
