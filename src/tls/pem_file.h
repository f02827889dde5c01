/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pem_file: a file of certificates, keys or revocation lists in memory, as PEM (RFC 7468).
 *
 * It is read without OpenSSL, which would wait for the writer of a FIFO. One without a writer is
 * empty; a slow writer has 2 s. Sentences begin with the option and the path. */
#pragma once

#include <openssl/bio.h>
#include <stdbool.h>

#include "base/err.h"
#include "io/opener.h"

enum pem_kind { PEM_CERTIFICATE, PEM_KEY, PEM_CRL };

/* Zeroed: nothing was read. The strings must outlive it. */
struct pem_file {
    const char *option, *path; /* "--tls-cert", and its FILE */
    unsigned char *bytes;
    size_t length;
    bool is_open_to_others; /* somebody else may read it */
};

/* -1 and ERR_LOCAL: it cannot be read, or is empty, or has more than 64 MiB. ERR_USAGE: the path is
 * empty. */
int pem_file_read(struct pem_file *file, struct opener opener, const char *option, const char *path,
                  struct err *err);

/* Wipes the bytes. */
void pem_file_fini(struct pem_file *file);

/* The bytes for OpenSSL, which do not outlive the file. NULL: memory was short. */
BIO *pem_file_open(const struct pem_file *file);

/* After OpenSSL found no further one of a kind: 0 at the end of the file; -1 and ERR_LOCAL, where
 * `count` is 0 or the next one is damaged. Empties OpenSSL's queue. */
int pem_file_end(const struct pem_file *file, enum pem_kind wanted, unsigned count,
                 struct err *err);
