/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/memory.h"

#include <stdlib.h>
#include <unistd.h>

#include "ui/tty_modes.h"

enum { TRIAL = 512 * 1024 };

/* readline calls these. */
void *xmalloc(size_t size);
void *xrealloc(void *bytes, size_t size);

int memory_try(struct err *err)
{
    void *volatile trial = malloc(TRIAL);

    if (!trial)
        return err_memory(err);
    free(trial);
    return 0;
}

void memory_give_up(void)
{
    static const char sentence[] = "tcpchat: out of memory\n";
    struct err err;
    ssize_t put;

    err_memory(&err);
    tty_modes_rescue();
    put = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)put;
    _exit(err_status(&err));
}

void *xmalloc(size_t size)
{
    void *bytes = malloc(size);

    if (!bytes)
        memory_give_up();
    return bytes;
}

void *xrealloc(void *bytes, size_t size)
{
    void *moved = realloc(bytes, size);

    if (!moved)
        memory_give_up();
    return moved;
}
