/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/own_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void own_file_find(char path[OWN_FILE_PATH], const char *beside, const char *installed)
{
    char program[PATH_MAX] = "";
    char *slash;

    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        *program = '\0';
    slash = strrchr(program, '/');
    *(slash ? slash : program) = '\0';
    snprintf(path, OWN_FILE_PATH, "%s/%s", program, beside);
    if (access(path, F_OK) < 0)
        snprintf(path, OWN_FILE_PATH, "%s/%s", program, installed);
}
