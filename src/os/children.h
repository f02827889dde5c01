/* SPDX-License-Identifier: GPL-3.0-or-later */
/* children: the children of the helper, each of which is waited for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"

enum child_how {
    CHILD_LEADS = 1, /* it leads a process group, which gets its signals */
    CHILD_TELLS = 2, /* the run is told its end */
};

/* The end of a child, as it is written into a pipe. */
struct child_end {
    uint64_t child;
    int64_t status; /* as waitpid has it */
};

/* None when zeroed. */
struct children {
    struct map all;  /* from process id to struct adopted */
    unsigned last;   /* the number of the last one */
    unsigned told;   /* those of CHILD_TELLS that have not been waited for */
    int exits;       /* the pipe */
    bool holds_back; /* the run has not read the ends in it: reap again once there is room */
};

/* Waits for a child from now on; `how`: bits of enum child_how. A number that no other child ever
 * has, even with the same process id. -1 and errno: the child was killed. */
int64_t children_adopt(struct children *children, pid_t child, unsigned how);

/* Takes note of those that have ended. */
void children_reap(struct children *children);

/* If the child has not ended. */
void children_signal(const struct children *children, uint64_t child, int signal_number);
