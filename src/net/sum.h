/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sum: an observer that tells the SHA-256 and the length of each direction when its conversation is
 * over (--sum).
 *
 * OpenSSL makes the sums, in the module of --tls, which is loaded for this as well: hash functions
 * of our own would have to be kept, and those of the kernel (AF_ALG) are missing in many. */
#pragma once

#include "base/err.h"
#include "io/stream.h"
#include "tls/module.h"

/* Takes over `inner`, which is closed with it. NULL and *err: `inner` is closed. With `module` NULL
 * it returns `inner`. */
struct stream *sum_new(struct stream *inner, const struct tls_module *module, struct err *err);
