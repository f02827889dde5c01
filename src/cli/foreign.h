/* SPDX-License-Identifier: GPL-3.0-or-later */
/* foreign: addresses as other programs write them: URLs, socat's, paths, numbers.
 *
 * Functions return whether the words are such an address, and fill *meant. */
#pragma once

#include "cli/meant.h"

/* Whether the word is unix:PATH or unix:@NAME, which are not foreign. */
bool foreign_is_unix(const char *word);

/* "unix:/run/chat 80" and "UNIX-LISTEN:/run/chat,fork". */
bool foreign_unix(const struct meant_typed *typed, struct meant *meant);

/* "0x1F90", "8,080" and "8080/tcp". */
bool foreign_number(const struct meant_typed *typed, struct meant *meant);

/* "tcp:localhost:8080", "TCP-LISTEN:8080,fork" and "/dev/tcp/localhost/8080". */
bool foreign_socat(const struct meant_typed *typed, struct meant *meant);

/* "OPENSSL:localhost:8443" and "OPENSSL-LISTEN:8443,fork". */
bool foreign_tls(const struct meant_typed *typed, struct meant *meant);

/* "/run/chat" without unix: before it. */
bool foreign_path(const struct meant_typed *typed, struct meant *meant);

/* A URL, or a host with a path or a user. */
bool foreign_url(const struct meant_typed *typed, struct meant *meant);

/* "80/path" and "http://" behind a host. */
bool foreign_port(const struct meant_typed *typed, struct meant *meant);
