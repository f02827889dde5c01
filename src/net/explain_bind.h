/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain_bind: the same for the name of a socket: SO_REUSEADDR, bind, and who has an address that
 * is in use. */
#pragma once

#include "net/endpoint.h"

void explain_reuse(int fd, const struct endpoint *endpoint, int number);
void explain_bind(int fd, const struct endpoint *endpoint, int number);
