/* SPDX-License-Identifier: GPL-3.0-or-later */
/* same_file: a check that no run writes a regular file twice, or reads and writes it.
 *
 * Files are the same by device and inode, files that do not exist yet by directory and name. The
 * check covers the files of options, standard input and standard output. Standard error counts only
 * where an option names its file. "-", /dev/stderr and /dev/fd/2 mean the descriptor; one option
 * may use it. */
#pragma once

#include "base/err.h"
#include "cli/options.h"

/* Opens nothing. ERR_USAGE: "-o and standard input are the same file 'a'", or "-" is given where it
 * means no descriptor. */
int same_file_check(const struct options *options, struct err *err);
