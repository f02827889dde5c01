/* SPDX-License-Identifier: GPL-3.0-or-later */
/* header_step: the step of a transport that reads the PROXY protocol's header of an accepted
 * connection with a place. The peer that the header names has the connection and the place from
 * then on. */
#pragma once

#include "net/transport.h"

/* A transport_make without options. */
struct transport_step *header_step_make(const void *options, struct err *err);
