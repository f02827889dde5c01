/* SPDX-License-Identifier: GPL-3.0-or-later */
/* path: the meaning of an output file's path.
 *
 * A path that names an open descriptor ("-" and /dev/stderr, /dev/stdout, /dev/fd/3) means that
 * descriptor as it is: it is not truncated, and the bytes of other writers are not overwritten.
 * Every other path is opened to append, without waiting: a FIFO without a reader is an error. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "io/opener.h"

/* The descriptor that a path names, open or not; -1 if it names none. */
int path_descriptor(const char *path);

/* -1 and ERR_LOCAL: the path names a descriptor that our parent did not leave open, or that cannot
 * be written. To be called before inherited descriptors are made close-on-exec. */
int path_check(const char *path, const char *name, struct err *err);

/* PATH_TRUNCATES is for files. PATH_PRIVATE: a file that is made is for its owner alone. */
enum path_how { PATH_TRUNCATES = 1, PATH_PRIVATE = 2 };

/* Opens the path and returns a new descriptor; `how` are bits of path_how. -1 and ERR_LOCAL:
 * "cannot write NAME: Permission denied", NAME being `name`. */
int path_open(struct opener opener, const char *path, const char *name, unsigned how,
              struct err *err);

/* Whether a text file's last line lacks its end. */
bool path_is_torn(struct opener opener, const char *path);

/* Whether a descriptor is /dev/tty or the terminal of descriptor 0, 1 or 2. */
bool path_is_shared_terminal(int fd);
