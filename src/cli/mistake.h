/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mistake: common mistakes in the words of a command line, each with the right command.
 *
 * A mistake is told only where its correction is an address or an option. Every function returns 0
 * where the words show no such mistake, else -1 and a sentence (ERR_USAGE). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/option_table.h"
#include "net/address.h"

enum { MISTAKE_WORD = 256 };

/* The place of an address on the command line, which decides how the address is written. */
enum mistake_place { MISTAKE_CONNECT, MISTAKE_LISTEN, MISTAKE_FORWARD };

/* The words of an address: one, or two with second; else second is NULL. Before address_parse. */
int mistake_check_address(enum mistake_place place, const char *first, const char *second,
                          struct err *err);

/* The host of an address that address_parse took: what no system call could explain. */
int mistake_check_host(enum mistake_place place, const struct address *address, struct err *err);

/* An operand that begins with a dash of typography, as in `listen —k`. */
int mistake_check_dash(enum command command, const char *word, struct err *err);

/* The word as typed without an input method: full-width characters and dashes become ASCII. False
 * where that changes nothing, or gives no ASCII word of less than MISTAKE_WORD bytes. */
bool mistake_to_ascii(const char *word, char ascii[MISTAKE_WORD]);

/* argv[0] should have been a command. Always -1. */
int mistake_explain_command(int argc, char **argv, struct err *err);
