/* SPDX-License-Identifier: GPL-3.0-or-later */
/* authorities: the certificates that this system trusts, as OpenSSL finds them: one file, and
 * folders whose files are named after the hash of a subject (c_rehash, SSL_CERT_FILE and
 * SSL_CERT_DIR).
 *
 * OpenSSL itself reads a folder's file when a certificate asks for it. A confined process opens no
 * file by then, so the folders are in memory, and a file is parsed when it is asked for: all of
 * them would take longer than a handshake. */
#pragma once

#include <openssl/x509.h>

/* They are read once per process. The store stays; NULL: memory was short. */
X509_STORE *authorities_of_system(void);
