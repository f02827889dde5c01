/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sandbox: confines this process to what its conversations take, by the kernel.
 *
 * Landlock forbids the file system: nothing can be opened, made, removed or run, whatever it is and
 * whoever runs this process. Later versions forbid TCP ports, abstract unix sockets and signals to
 * others, too. A seccomp filter allows a list of calls of the system and checks
 * their arguments; other calls fail with EPERM. It comes from tools/sandbox_filter.c, when tcpchat
 * is built. Capabilities of root are given up. Descriptors that are open stay as they are. Nothing
 * ends the confinement, and children have it as well.
 *
 * Sources: linux/landlock.h and linux/seccomp.h, whose constants older headers lack. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SANDBOX_PORTS = 4 };

/* The rest of the world that the run still needs; zeroed: none. */
struct sandbox_needs {
    bool dials;      /* sockets of TCP, bound to any free port, that connect to `ports` */
    bool has_person; /* settings of the terminal, Ctrl-Z */
    bool unlocks;    /* a person's run listens again by its sockets, and dials nowhere */
    uint16_t ports[SANDBOX_PORTS];
    size_t port_count;
    uint16_t source_port; /* that these sockets are bound to; 0: none */
};

/* The parts that are in force. */
struct sandbox {
    int landlock; /* the version of its interface; 0: it is missing */
    bool has_filter;
};

/* The first version of Landlock that forbids ports. */
enum { SANDBOX_LANDLOCK_PORTS = 4 };

/* Confines the process as far as the system and this build can. Once per process. */
struct sandbox sandbox_enter(const struct sandbox_needs *needs);
