/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fault: why a handshake or a conversation failed, in a person's words. */
#pragma once

#include <openssl/x509.h>
#include <stdbool.h>

#include "tls/module.h"

/* The app data of each SSL is such a sentence, empty at first. */
enum { FAULT = 384 };

/* The sentence about the certificate that the store found wrong. */
void fault_describe(X509_STORE_CTX *store, const struct tls_rules *rules, char sentence[FAULT]);

/* Fills *err with the sentence about the first error in OpenSSL's queue, and empties the queue:
 * an alert of the peer, bytes that are no TLS, or OpenSSL's own words. Returns TLS_FAIL. */
int fault_of_queue(struct err *err);

/* Whether a name is an address, which no certificate and no server name may have as a name. */
bool fault_is_address(const char *name);

/* Writes the name of a certificate: the first of its alternative names, or else its common name.
 * Controls, and bytes above ASCII, become \xHH, a NUL among them. */
void fault_name(const X509 *certificate, char name[TLS_NAME]);
