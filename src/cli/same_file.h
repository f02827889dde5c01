/* SPDX-License-Identifier: GPL-3.0-or-later */
/* same_file: no run writes a regular file twice, or reads and writes it.
 *
 * It is judged by device and inode, a file that does not exist yet by its directory and its name.
 * The files of options are judged, and standard input and output; of standard error only whether an
 * option means its file, too. What is written to standard error by its name ("-", /dev/stderr,
 * /dev/fd/2) is no file of its own, but one option alone may do so. */
#pragma once

#include "base/err.h"
#include "cli/options.h"

/* Opens nothing. ERR_USAGE: "-o and standard input are the same file 'a'", or "-" is given where it
 * means no descriptor. */
int same_file_check(const struct options *options, struct err *err);
