/* SPDX-License-Identifier: GPL-3.0-or-later */
/* whole_file: a small file in memory. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "io/opener.h"

/* Opens a regular file; a FIFO would be waited for. -1 and ERR_LOCAL: it cannot be read, with
 * errno, or is no such file. */
MUST_CHECK int whole_file_open(struct opener opener, const char *path, struct err *err);

/* Makes *bytes of all that a descriptor gives, of at most `most` bytes, which are whole MiB; the
 * path is for sentences. The caller frees *bytes in any case. -1 and ERR_LOCAL: it cannot be read,
 * or it is longer. */
MUST_CHECK int whole_file_read(int fd, const char *path, size_t most, struct buf *bytes,
                               struct err *err);
