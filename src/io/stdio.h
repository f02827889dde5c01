/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stdio: the local end of a conversation: descriptors 0 and 1, of any kind, as one stream.
 *
 * Reading reads standard input, writing writes standard output, finish closes standard output.
 * Failures are ERR_LOCAL ("standard input: Is a directory"), ERR_PIPE, or ERR_FULL. The first one
 * of standard output lasts. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"

struct stdio_options {
    bool discard; /* writes go to /dev/null; standard output is left alone */
    bool silent;  /* standard input is never read and never ends */
};

/* NULL and *err if a descriptor cannot be used at all. At most one per process. */
struct stream *stdio_new(uv_loop_t *loop, struct stdio_options options, struct err *err);

/* Opens it now, for the next stdio_new with these options: a confined process opens nothing. -1 and
 * *err as there. */
int stdio_open_ahead(uv_loop_t *loop, struct stdio_options options, struct err *err);

/* No stdio_new follows. */
void stdio_forget_ahead(void);

/* Whether standard input is a terminal. */
bool stdio_is_typed(const struct stream *stream);
