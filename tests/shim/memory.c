/* Memory that runs out, to be loaded with LD_PRELOAD: of the allocations of a process and those it
 * starts, the one that MEMORY_FAILS says fails; those behind it, too, where a + stands behind the
 * number. The first is 1. Without a number none fails. */
#undef _GNU_SOURCE
#define _DEFAULT_SOURCE

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own names for them, so that none has to be looked up, which would allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *bytes, size_t size);

static unsigned long count;

static bool fails(void)
{
    static const char *setting;
    char *end;
    unsigned long number;

    if (!setting && !(setting = getenv("MEMORY_FAILS")))
        setting = "";
    number = strtoul(setting, &end, 10);
    count++;
    if (!number || !(count == number || (*end == '+' && count > number)))
        return false;
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
