/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out, to be loaded with LD_PRELOAD, under AddressSanitizer also in front of it.
 *
 * MEMORY_FAILS=N: of the allocations of a process and those it starts, the Nth fails; N+: those
 * behind it, too. MEMORY_FILE=PATH: a running process, not those it starts, is asked for that in
 * the file, which begins with a struct order; the test writes it, and reads there what is left. */
#undef _GNU_SOURCE
#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "next.h"

/* Allocations until one fails, 0: none does; how many fail then; and whether those of forked
 * processes count, which run no other program. */
struct order {
    volatile int64_t left, failing, with_forked;
};

static struct order own, *order = &own;
static pid_t process;

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("MEMORY_FAILS"), *path = getenv("MEMORY_FILE");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    char *end = NULL;

    process = getpid();
    if (number)
        own.left = strtol(number, &end, 10);
    own.failing = end && *end == '+' ? INT64_MAX : 1;
    if (file < 0)
        return;
    order = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    unsetenv("LD_PRELOAD");
}

static bool counts(void)
{
    return order->left && (order == &own || order->with_forked || getpid() == process);
}

static bool fails(void)
{
    if (!counts())
        return false;
    if (order->left > 1) {
        order->left--;
        return false;
    }
    if (--order->failing <= 0)
        order->left = 0;
    errno = ENOMEM;
    return true;
}

/* dlsym allocates only where it finds nothing. */
void *malloc(size_t size)
{
    NEXT(malloc)

    return fails() ? NULL : next(size);
}

void *calloc(size_t number, size_t size)
{
    NEXT(calloc)

    return fails() ? NULL : next(number, size);
}

void *realloc(void *bytes, size_t size)
{
    NEXT(realloc)

    return fails() ? NULL : next(bytes, size);
}
