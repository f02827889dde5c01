/* SPDX-License-Identifier: GPL-3.0-or-later */
/* admission: who is let in by `listen`, and what is said about those who are not. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "cli/options.h"
#include "net/acl.h"
#include "net/address.h"
#include "net/host_limit.h"

struct admission {
    struct acl acl;
    struct host_limit host_limit;
    unsigned max_per_host; /* 0: no limit */
    bool has_files;        /* that can be read again */
    bool is_open;
    uv_timer_t quiet;         /* refusals are told once a second */
    char last[ADDRESS_LABEL]; /* who was refused last, and why */
    const char *why;
    unsigned untold; /* with that one */
};

/* Reads the rules; what is wrong with them ends everything before it begins. */
int admission_init(struct admission *admission, const struct options *options, struct err *err);

/* Before anybody comes. Keeps no loop. */
void admission_open(struct admission *admission, uv_loop_t *loop);

/* After the loop has ended, which has to turn once more where the admission was opened. Tells what
 * is untold. */
void admission_fini(struct admission *admission);

/* Whether the peer may come in; then it is counted until admission_leave. */
bool admission_admits(struct admission *admission, const struct endpoint *peer);
void admission_leave(struct admission *admission, const struct endpoint *peer);

/* Reads the files again; where that fails it says so, and the old rules stay. */
void admission_reload(struct admission *admission);
