/* SPDX-License-Identifier: GPL-3.0-or-later */
/* counter: an observer that counts the bytes that pass (--progress). */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "io/stream.h"

struct counter {
    uint64_t received, sent;
    /* NULL, or called when bytes were read, before the reader has them. */
    void (*on_read)(void *owner);
    void *owner;
};

/* Takes over `inner`, which is closed with it. Several streams may share *counter, which must
 * outlive them. NULL and *err: `inner` is still the caller's. */
struct stream *counter_new(struct stream *inner, struct counter *counter, struct err *err);
