/* SPDX-License-Identifier: GPL-3.0-or-later */
/* home: a home of its own for each test, with a file of the person's in it. */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[64], file_path[128];

/* `variable` names the folder of the XDG Base Directory Specification that holds tcpchat/`file`. */
static inline void home_make(const char *variable, const char *file)
{
    strcpy(root, "/tmp/tcpchat-home-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(file_path, sizeof file_path, "%s/tcpchat/%s", root, file);
    setenv(variable, root, 1);
    setenv("HOME", root, 1);
    umask(022);
}

static inline int home_remove_entry(const char *path, const struct stat *status, int kind,
                                    struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

/* A teardown. */
static inline int home_remove(void **state)
{
    (void)state;
    return nftw(root, home_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
