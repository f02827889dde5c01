/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port_file: the file of --port-file, which has the port while the run listens or serves. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "io/opener.h"

enum { PORT_LINE = 16 };

/* Valid when zeroed: there is no file to remove. */
struct port_file {
    struct opener opener; /* of port_file_remove */
    const char *path;     /* not copied */
    char line[PORT_LINE];
    bool is_ours;
    dev_t device;
    ino_t inode;
};

/* Writes the port in one piece, so that a reader finds nothing or the whole line. The file of an
 * open descriptor is written and not removed. -1 and ERR_LOCAL. */
int port_file_write(struct port_file *file, struct opener opener, const char *path, unsigned port,
                    struct err *err);

/* Removes a regular file that still has this port and was not replaced. */
void port_file_remove(struct port_file *file);
