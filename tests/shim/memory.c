/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out, to be loaded with LD_PRELOAD.
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

/* glibc's own names for them, so that none has to be looked up, which would allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *bytes, size_t size);

/* Allocations until one fails, 0: none does; and how many fail then. */
struct order {
    volatile int64_t left, failing;
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

static bool fails(void)
{
    if (!order->left || (order != &own && getpid() != process))
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

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *bytes, size_t size)
{
    return fails() ? NULL : __libc_realloc(bytes, size);
}
