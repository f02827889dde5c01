/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/events.h"

#include <time.h>

#include "base/buf.h"
#include "text/json.h"

enum { LINE_CAP = 1 << 20 };

static void write_line(struct events *events, const struct event *event)
{
    struct timespec now;
    struct buf line;

    clock_gettime(CLOCK_REALTIME, &now);
    buf_init(&line, LINE_CAP);
    if (json_line(event, &now, &line) == 0)
        outfile_append(&events->outfile, buf_bytes(&line), buf_length(&line));
    else
        outfile_lose(&events->outfile, 1);
    buf_fini(&line);
}

static void on_event(struct event_printer *printer, const struct event *event)
{
    struct events *events = (struct events *)printer;

    if (events->is_busy)
        return;
    events->is_busy = true;
    write_line(events, event);
    events->is_busy = false;
}

int events_open(struct events *events, uv_loop_t *loop, const struct outfile_options *options,
                bool traces, struct err *err)
{
    unsigned traced = 1u << EVENT_TRACE;

    if (outfile_open(&events->outfile, loop, options, err) < 0)
        return -1;
    events->printer.print = on_event;
    events->printer.levels = traces ? ~0u : ~traced;
    event_install(&events->printer);
    return 0;
}

void events_end(struct events *events, int status)
{
    event_tell(&(struct event){.kind = EVENT_ENDED, .level = EVENT_RECORDED, .status = status});
    event_remove(&events->printer);
}
