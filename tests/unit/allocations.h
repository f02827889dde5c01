/* SPDX-License-Identifier: GPL-3.0-or-later */
/* allocations: counts the calls of malloc, calloc and realloc that a test's code makes, and lets
 * them fail. The test is linked with --wrap for the three; see CMakeLists.txt. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

static unsigned allocations;
static bool memory_is_short; /* all of them fail */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *bytes, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *bytes, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return memory_is_short ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return memory_is_short ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *bytes, size_t size)
{
    allocations++;
    return memory_is_short ? NULL : __real_realloc(bytes, size);
}

/* Since it was asked last. */
static inline unsigned take_allocations(void)
{
    unsigned count = allocations;

    allocations = 0;
    return count;
}
