/* SPDX-License-Identifier: GPL-3.0-or-later */
/* operator_literal: literals of the operator: bytes for all peers, each in its own charset.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/must_check.h"
#include "room/dispatch.h"

/* The message, made for all that are here; the text is the source of the literal. NULL and *err:
 * that of literal_make, where it cannot be made for one of them; ERR_LOCAL without memory. */
MUST_CHECK struct message *operator_literal_make(struct room *room,
                                                 const struct message_literal *literal,
                                                 const char *text, size_t n, struct err *err);

/* The number of its bytes for a peer; 0: nobody is here. */
size_t operator_literal_bytes(const struct message *message);

/* Sends it to all as the operator's line, whose number is room->own_lines then, and releases it.
 * Within the call members may leave. */
void operator_literal_send(struct room *room, struct message *message);
