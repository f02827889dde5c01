/* losses: lines that a file did not take: a transcript, the log of a room.
 *
 * That it takes none is told once, and how many are missing when it takes them again; whoever
 * writes tries with each line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct losses {
    bool lasts;         /* nothing was written whole since it failed */
    size_t lines;       /* that are missing since then */
    struct err failure; /* the first of all */
};

/* So many lines were not written; *err says why: "cannot write FILE: ...". */
void losses_add(struct losses *losses, const struct err *err, size_t lines);

/* Lines were written whole, to the file of this name. */
void losses_end(struct losses *losses, const char *file);
