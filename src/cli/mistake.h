/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mistake: common mistakes in an address of the command line, each with the right command.
 *
 * A mistake is told only where its correction is an address. The correction is looked at in turn,
 * so that the command is right however many mistakes the words have; the first one is told.
 * Functions return 0 where the words show no such mistake, else -1 and a sentence (ERR_USAGE). */
#pragma once

#include "base/err.h"
#include "cli/meant.h"

/* Before address_parse. */
int mistake_check_address(const struct meant_typed *typed, struct err *err);

/* Behind it: one word that is a host or a port, and needs the other one. */
int mistake_check_lone(const struct meant_typed *typed, struct err *err);

/* Refuses the FILE of -x that looks like a proxy, as nc takes one there: the connection would go
 * past it, and nobody would notice. The sentence has no login. 0: it is a file, or NULL. */
int mistake_check_hex_dump(const char *file, struct err *err);
