/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sentences: gives the sentences of events to a test. */
#pragma once

#include "base/event.h"

typedef void sentences_take(const char *line);

static sentences_take *sentences_taken;

static void sentences_print(struct event_printer *printer, const struct event *event)
{
    char line[EVENT_LINE];

    (void)printer;
    if (!event->sentence)
        return;
    event_sentence(event, line, sizeof line);
    sentences_taken(line);
}

static struct event_printer sentences_printer = {.print = sentences_print};

/* NULL: no more. `level`: EVENT_VERBOSE takes those of -v as well. */
static void sentences_to(sentences_take *take, enum event_level level)
{
    sentences_taken = take;
    sentences_printer.levels = 1u << EVENT_ALWAYS | 1u << level;
    if (take)
        event_install(&sentences_printer);
    else
        event_remove(&sentences_printer);
}
