/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static log_output *installed;
static enum log_level shown;

void log_install(log_output *output, enum log_level level)
{
    installed = output;
    shown = level;
}

bool log_shows(enum log_level level)
{
    return installed && level <= shown;
}

void log_say(enum log_level level, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    if (!log_shows(level))
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    installed(level, line);
}

void log_state(const char *label, const char *machine, const char *from, const char *to)
{
    log_say(LOG_TRACE, "trace: %s: %s %s -> %s", label, machine, from, to);
}
