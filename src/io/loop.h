/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loop: libuv's loop, begun and ended, with all that its start needs.
 *
 * libuv aborts where descriptors or memory are short while it starts. Here that is asked for
 * before, and a failure is an error like any other. */
#pragma once

#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"

/* A loop for watches (io/watch), which take loop->data. uv_signal_init cannot fail from then on.
 * -1 and ERR_LOCAL: nothing has to be closed. */
MUST_CHECK int loop_open(uv_loop_t *loop, struct err *err);

/* When all its other handles are closed, or about to be: lets it come to its end. 0, or UV_EBUSY
 * where one was not closed. */
int loop_close(uv_loop_t *loop);
