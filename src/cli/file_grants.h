/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_grants: from the options to the files that are used once the run is set up, and so may be
 * asked of the helper: those that SIGHUP has opened and read again, those of a person, and the file
 * of --port-file. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "cli/options.h"
#include "os/granted_files.h"

/* A zeroed one grants nothing. */
struct file_grants {
    struct granted_files files;
    char *history, *messages; /* paths; NULL: not granted */
};

/* Before the helper starts. *grants must stay at its address. -1: memory is short. */
MUST_CHECK int file_grants_allow(struct file_grants *grants, struct helper *helper,
                                 const struct options *options, struct err *err);

/* After the helper has ended. */
void file_grants_fini(struct file_grants *grants);
