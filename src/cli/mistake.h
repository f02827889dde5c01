/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mistake: common mistakes in an address of the command line, each with the right command.
 *
 * A mistake is told only where its correction is an address. Every function returns 0 where the
 * words show no such mistake, else -1 and a sentence (ERR_USAGE). */
#pragma once

#include "base/err.h"
#include "cli/correction.h"
#include "net/address.h"

/* The place of an address on the command line, which decides how the address is written. */
enum mistake_place { MISTAKE_CONNECT, MISTAKE_LISTEN, MISTAKE_FORWARD };

/* The words of an address, which are words of *line: one, or two with second; else it is NULL. */
struct mistake_words {
    enum mistake_place place;
    const struct correction *line; /* as it was typed */
    const char *first, *second;
};

/* Before address_parse. */
int mistake_check_address(const struct mistake_words *words, struct err *err);

/* The host of an address that address_parse took: what no system call could explain. */
int mistake_check_host(const struct mistake_words *words, const struct address *address,
                       struct err *err);
