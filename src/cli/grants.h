/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grants: the helper of a run (os/helper), and what the options let it do. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "cli/file_grants.h"
#include "cli/options.h"
#include "cli/route.h"
#include "net/bind_grant.h"
#include "net/resolve.h"
#include "os/helper.h"
#include "os/spawn.h"

/* A zeroed one grants nothing. */
struct grants {
    struct helper helper;
    struct resolve_lookup bound; /* the address to listen at */
    struct bind_grant path;      /* the same, where it is one */
    struct file_grants files;
    struct spawn spawn;
    const char *hidden[OPTION_ROWS_MAX + 1]; /* from programs: the variables of preferences */
};

/* Starts the helper, if the options need it. *grants and *route must stay at their addresses. -1
 * and *err: ERR_USAGE, the program of --exec is not there; ERR_LOCAL. */
MUST_CHECK int grants_start(struct grants *grants, const struct options *options,
                            struct route *route, struct err *err);

/* Ends the helper. */
void grants_fini(struct grants *grants);
