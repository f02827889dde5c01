/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pin: a public key by its hash: "sha256//" and the base64 of the SHA-256 of its
 * SubjectPublicKeyInfo, as curl writes it (RFC 7469). */
#pragma once

#include <openssl/x509.h>
#include <stdbool.h>

#include "tls/module.h"

/* The pin of a certificate's key. -1: memory was short. */
int pin_of(const X509 *certificate, char pin[TLS_PIN]);

/* Whether all are written as pins; else -1 and ERR_USAGE. NULL: there are none. */
int pin_check_all(const char **pins, struct err *err);

/* Whether the list, up to NULL, has the pin. */
bool pin_is_among(const char *pin, const char **pins);
