/* SPDX-License-Identifier: GPL-3.0-or-later */
/* admission: which peers `listen` admits (--allow, --deny, --max-per-host), and messages about the
 * others. */
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
    bool has_files;        /* for admission_reload */
    bool is_open;
    uv_timer_t quiet;         /* refusals are reported once a second */
    char peer[ADDRESS_LABEL]; /* that was refused last */
    struct err last;          /* why */
    unsigned unreported;      /* the last one included */
};

/* Reads the rules. ERR_USAGE: a list is wrong; ERR_LOCAL: a file cannot be read. */
int admission_init(struct admission *admission, const struct options *options, struct opener opener,
                   struct err *err);

/* Before the first peer. Does not keep the loop alive. */
void admission_open(struct admission *admission, uv_loop_t *loop);

/* After the loop, which has to turn once more where the admission was opened. Reports refusals that
 * were not reported yet. */
void admission_fini(struct admission *admission);

/* Whether the address of the peer is let in. */
bool admission_admits(struct admission *admission, const struct endpoint *peer);

/* Whether the host of the peer has not too many; then the peer counts until admission_leave. */
bool admission_enter(struct admission *admission, const struct endpoint *peer);
void admission_leave(struct admission *admission, const struct endpoint *peer);

/* Tells of a connection of `peer` that failed before it was served: one event a second, together
 * with refusals. */
void admission_report(struct admission *admission, const char *peer, const struct err *err);

/* Reads the files again. The old rules stay, with a message, where that fails. */
void admission_reload(struct admission *admission);
