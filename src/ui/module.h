/* SPDX-License-Identifier: GPL-3.0-or-later */
/* module: all that cli/ calls of ui/, in one table.
 *
 * A build with a shared readline has ui/ in a module, which cli/modules loads. The program keeps
 * ui/memory, ui/tty_modes and ui/wcwidth, which replace functions of libraries. */
#pragma once

#include <stdbool.h>

#include "ui/console.h"

struct ui_module {
    const char *(*library)(void); /* the version of readline */
    bool (*is_able)(void);        /* see tty_is_able */
    /* See console. */
    void (*init)(struct console *console, uv_loop_t *loop, const struct console_options *options,
                 struct room *room, const struct console_events *events, void *owner);
    int (*open)(struct console *console, const char *state, bool ends, struct err *err);
    void (*close)(struct console *console);
    void (*abandon)(struct console *console);
    /* See screen. */
    void (*notice)(struct screen *screen, const char *sentence);
    void (*plain)(struct screen *screen, const char *line);
};

extern const struct ui_module ui_module;
