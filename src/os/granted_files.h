/* SPDX-License-Identifier: GPL-3.0-or-later */
/* granted_files: the files that the helper opens, replaces and removes for the run.
 *
 * Each is granted by its path and by the ways in which it is used. The run asks by a number, so
 * that it can reach no other path, and no granted one in another way. Only a person gets more: a
 * path that is typed, to read a regular file and to list a folder, but none of /proc.
 *
 * A path that names an open descriptor, such as /dev/fd/3, would mean another one in the helper. So
 * the run itself reads it again, if it is a regular file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/opener.h"
#include "os/helper.h"

struct granted_file {
    const char *path; /* not copied; NULL: one that the run sends */
    unsigned ways;    /* bits of 1 << enum opener_how */
};

/* A zeroed one grants nothing. */
struct granted_files {
    struct helper_grant grant;
    struct granted_file *items;
    size_t count;
    bool is_confined; /* the helper is asked; before that the run opens them itself */
};

/* The ways of a person's path; its tilde is expanded. */
enum { GRANTED_TYPED = 1 << OPENER_READ | 1 << OPENER_LOOK | 1 << OPENER_LIST };

/* Grants a path, before the helper starts. *files must stay at its address. -1: memory is short. */
MUST_CHECK int granted_files_add(struct granted_files *files, struct helper *helper,
                                 const char *path, unsigned ways, struct err *err);
void granted_files_fini(struct granted_files *files);

/* The opener that asks the helper once the run is confined. EPERM: it was not granted. ENODATA: a
 * descriptor that cannot be read again, such as a pipe. */
struct opener granted_files_opener(struct granted_files *files);
