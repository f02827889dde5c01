/* SPDX-License-Identifier: GPL-3.0-or-later */
/* next: the function that would have been called without this library. */
#pragma once

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* glibc and musl show it only with _GNU_SOURCE. */
#ifndef RTLD_NEXT
#define RTLD_NEXT ((void *)-1L)
#endif

/* As ISO C wants it: dlsym gives an object's address. */
static inline void next_find(const char *name, void *function, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    memcpy(function, &found, size);
}

/* Declares `next`, the next function of that name. */
#define NEXT(name)                   \
    static __typeof__(&(name)) next; \
    if (!next)                       \
        next_find(#name, &next, sizeof next);
