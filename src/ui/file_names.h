/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_names: the paths that begin as a typed one does, for Tab.
 *
 * $INPUTRC decides about the case of letters (completion-ignore-case) and about hidden files
 * (match-hidden-files), as readline reads it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "io/opener.h"

enum { FILE_NAMES_BLOCK = 4096 };

/* Zeroed: there are none. */
struct file_names {
    struct opener opener;
    const char *typed; /* not copied */
    size_t head;       /* the bytes of it that name a folder */
    char *folder;      /* that folder's path */
    bool is_open;
    int names;           /* while is_open: that folder */
    size_t next, filled; /* bytes of the block: where the next name is, and how many there are */
    _Alignas(8) char block[FILE_NAMES_BLOCK];
};

/* Begins anew, with the paths that begin as `typed`. */
void file_names_begin(struct file_names *files, struct opener opener, const char *typed);

/* The next path, as it would be typed, with a slash where it is a folder. The caller frees it.
 * NULL: there are no more. */
char *file_names_next(struct file_names *files);

/* After the last one too. */
void file_names_end(struct file_names *files);
