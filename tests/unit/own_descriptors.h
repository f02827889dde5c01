/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own_descriptors: whether the program has its descriptors, and their limit, for itself. Valgrind
 * runs in the same process: it has descriptors of its own, and does not tell the system a limit, so
 * that started programs and received descriptors know none. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

static inline bool has_own_descriptors(void)
{
    struct rlimit before, less;
    unsigned long seen = 0;
    char line[128];
    FILE *limits;

    getrlimit(RLIMIT_NOFILE, &before);
    less = (struct rlimit){before.rlim_cur - 1, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &less);
    limits = fopen("/proc/self/limits", "r");
    while (limits && !seen && fgets(line, sizeof line, limits))
        sscanf(line, "Max open files %lu", &seen);
    if (limits)
        fclose(limits);
    setrlimit(RLIMIT_NOFILE, &before);
    return seen == less.rlim_cur;
}
