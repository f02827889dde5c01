/* SPDX-License-Identifier: GPL-3.0-or-later */
/* path: what the path of a file that is written means.
 *
 * A path that names an open descriptor ("-" and /dev/stderr, /dev/stdout, /dev/fd/3) means that
 * descriptor as it is: nothing of it is truncated, and what others write there is not overwritten.
 * Every other one is opened to append, and nobody is waited for: a FIFO that nobody reads is an
 * error. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* The descriptor that a path names, open or not; -1: none. */
int path_descriptor(const char *path);

/* Before anything is made close-on-exec that we were given. ERR_LOCAL: the path names a descriptor
 * that we were not given, or that cannot be written. */
int path_check(const char *path, const char *name, struct err *err);

/* Opens it and returns a descriptor of its own; truncates a file where that is asked for. -1 and
 * ERR_LOCAL, where `name` stands for the file: "cannot write NAME: Permission denied". */
int path_open(const char *path, const char *name, bool truncates, struct err *err);

/* Whether the file, of text, ends in a line without its end. */
bool path_is_torn(const char *path);

/* Whether a descriptor is the terminal that messages or what is typed stand on, too. */
bool path_is_shared_terminal(int fd);
