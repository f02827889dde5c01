/* SPDX-License-Identifier: GPL-3.0-or-later */
/* home_file: the place of a file of the person's, by the XDG Base Directory Specification 0.8: a
 * folder that a variable names, or one in the home folder; a relative path is ignored. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "io/opener.h"

struct home_file_place {
    const char *variable; /* XDG_STATE_HOME */
    const char *folder;   /* .local/state, in HOME, where the variable names none */
    const char *name;     /* in the folder tcpchat there */
};

extern const struct home_file_place home_file_history, home_file_messages;

/* The file's path, which the caller frees. -1 and ERR_LOCAL: it has no place; *path is NULL. */
MUST_CHECK int home_file_find(const struct home_file_place *place, char **path, struct err *err);

/* Makes the folders that lead to a path of home_file_find (0700). */
MUST_CHECK int home_file_make_folders(const struct home_file_place *place, const char *path,
                                      struct opener opener, struct err *err);
