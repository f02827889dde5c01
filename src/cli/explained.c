/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explained.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "cli/messages.h"
#include "io/loop.h"

enum { SECOND_MS = 1000, DIGITS = 32 };

struct sum {
    uint64_t count, bytes;
};

static struct {
    uint64_t began;         /* ms: of the second that is counted */
    unsigned first, others; /* shown in it: of all kinds, and of those that are no flow */
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

static void tell_sum(struct sum *sum, const char *one, const char *many)
{
    char count[DIGITS], size[DIGITS];
    struct event event = {
        .kind = EVENT_NOTE, .level = EVENT_EXPLAINED, EVENT_COUNTED(one, many, 0)};

    if (!sum->count)
        return;
    group_digits(count, sum->count);
    put_size(size, sum->bytes);
    event.counted = sum->count;
    event.name = count;
    event.text = size;
    event.text_n = strlen(size);
    messages_print(&event);
    *sum = (struct sum){0};
}

static void tell_sums(void)
{
    tell_sum(&explained.reads, NN_("… {name} more read, {text}", "… {name} more reads, {text}"));
    tell_sum(&explained.sends, NN_("… {name} more send, {text}", "… {name} more sends, {text}"));
    tell_sum(&explained.rest, NN_("… {name} more call or note", "… {name} more calls and notes"));
}

static void begin_second(uint64_t now)
{
    tell_sums();
    explained.began = now;
    explained.first = explained.others = 0;
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

    sum->count++;
    sum->bytes += is_call ? (uint64_t)event->result : 0;
    if (explained.has_loop && !uv_is_active((uv_handle_t *)&explained.timer))
        uv_timer_start(&explained.timer, on_second, explained.began + SECOND_MS - now, 0);
}

/* ---- the printer ---- */

/* Whether the event only tells that bytes are on their way. */
static bool is_flow(const struct event *event)
{
    return event->kind == EVENT_NOTE ||
           ((!strcmp(event->call, "recv") || !strcmp(event->call, "send")) && event->result > 0);
}

static void on_event(struct event_printer *printer, const struct event *event)
{
    uint64_t now = loop_clock();
    unsigned *shown;

    (void)printer;
    if (now - explained.began >= SECOND_MS)
        begin_second(now);
    shown = is_flow(event) || explained.first < EXPLAINED_A_SECOND ? &explained.first
                                                                   : &explained.others;
    if (*shown >= EXPLAINED_A_SECOND) {
        add(event, now);
        return;
    }
    ++*shown;
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
