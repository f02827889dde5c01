/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explained.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "cli/messages.h"
#include "io/loop.h"

enum { SECOND_MS = 1000, DIGITS = 32 };

struct sum {
    uint64_t count, bytes;
    struct event *only; /* of a sum of one; NULL without memory */
};

/* Flow says that bytes are on their way; each of the others has an allowance of its own. A fact is
 * told once, so that nothing later makes up for it. */
enum class {
    FLOW,
    CALLS,
    BEGINNINGS, /* facts: connected, a recv that waits */
    ENDS,       /* who closed first */
    READINGS,   /* charsets */
    CLASSES
};

static struct {
    uint64_t began;          /* ms: of the second that is counted */
    unsigned first;          /* shown in it, of all classes */
    unsigned shown[CLASSES]; /* beyond these */
    struct sum reads, sends, rest;
    bool has_loop;
    uv_timer_t timer;
} explained;

/* ---- sums ---- */

/* "4 711" */
static void group_digits(char out[DIGITS], uint64_t number)
{
    char digits[DIGITS];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number);

    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            *out++ = ' ';
        *out++ = digits[i];
    }
    *out = '\0';
}

/* "31 MB" */
static void put_size(char out[DIGITS], uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double size = (double)bytes;
    size_t unit = 0;

    for (; size >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1000;
    snprintf(out, DIGITS, "%.*f %s", unit && size < 9.95 ? 1 : 0, size, units[unit]);
}

static void tell_many(const struct sum *sum, const char *one, const char *many)
{
    char count[DIGITS], size[DIGITS];

    group_digits(count, sum->count);
    put_size(size, sum->bytes);
    messages_print(&(struct event){.kind = EVENT_NOTE,
                                   .level = EVENT_EXPLAINED,
                                   EVENT_COUNTED(one, many, sum->count),
                                   .grouped = count,
                                   .size = size});
}

/* A sum of one line is that line. */
static void tell_sum(struct sum *sum, const char *one, const char *many)
{
    struct sum told = *sum;

    *sum = (struct sum){0};
    if (told.only && told.count == 1)
        messages_print(told.only);
    else if (told.count)
        tell_many(&told, one, many);
    free(told.only);
}

static void tell_sums(void)
{
    tell_sum(&explained.reads,
             NN_("… {grouped} more read, {size}", "… {grouped} more reads, {size}"));
    tell_sum(&explained.sends,
             NN_("… {grouped} more send, {size}", "… {grouped} more sends, {size}"));
    tell_sum(&explained.rest,
             NN_("… {grouped} more call or note", "… {grouped} more calls and notes"));
}

static void begin_second(uint64_t now)
{
    tell_sums();
    explained.began = now;
    explained.first = 0;
    memset(explained.shown, 0, sizeof explained.shown);
}

static void on_second(uv_timer_t *timer)
{
    (void)timer;
    begin_second(loop_clock());
}

static void add(const struct event *event, uint64_t now)
{
    bool is_call = event->kind == EVENT_CALL && event->result > 0;
    struct sum *sum = is_call && !strcmp(event->call, "recv")   ? &explained.reads
                      : is_call && !strcmp(event->call, "send") ? &explained.sends
                                                                : &explained.rest;

    if (!sum->count++)
        sum->only = event_copy(event);
    sum->bytes += is_call ? (uint64_t)event->result : 0;
    if (explained.has_loop && !uv_is_active((uv_handle_t *)&explained.timer))
        uv_timer_start(&explained.timer, on_second, explained.began + SECOND_MS - now, 0);
}

/* ---- the printer ---- */

static enum class class_of(const struct event *event) {
    static const struct {const char * how; enum class class;}
facts[] = {
    {"connected", BEGINNINGS}, {"not_connected", BEGINNINGS}, {"waiting", BEGINNINGS},
    {"time_wait", ENDS},       {"unacknowledged", ENDS},      {"encoding", READINGS},
    {"misread", READINGS},
};

if (event->kind == EVENT_CALL)
    return event->result > 0 && (!strcmp(event->call, "recv") || !strcmp(event->call, "send"))
               ? FLOW
               : CALLS;
for (size_t i = 0; event->how && i < sizeof facts / sizeof *facts; i++)
    if (!strcmp(event->how, facts[i].how))
        return facts[i].class;
return FLOW;
}

/* Whether there is a place left, which the event takes. */
static bool takes_place(enum class class)
{
    unsigned *shown = class == FLOW || explained.first < EXPLAINED_A_SECOND
                          ? &explained.first
                          : &explained.shown[class];

    if (*shown >= EXPLAINED_A_SECOND)
        return false;
    ++*shown;
    return true;
}

static void on_event(struct event_printer *printer, const struct event *event)
{
    uint64_t now = loop_clock();

    (void)printer;
    if (now - explained.began >= SECOND_MS)
        begin_second(now);
    if (!takes_place(class_of(event))) {
        add(event, now);
        return;
    }
    tell_sums();
    messages_print(event);
}

void explained_install(void)
{
    static struct event_printer printer = {.levels = 1u << EVENT_EXPLAINED, .print = on_event};

    event_install(&printer);
}

void explained_open(uv_loop_t *loop)
{
    loop_weak_timer(loop, &explained.timer, NULL);
    explained.has_loop = true;
}

void explained_close(void)
{
    tell_sums();
    uv_close((uv_handle_t *)&explained.timer, NULL);
    explained.has_loop = false;
}
