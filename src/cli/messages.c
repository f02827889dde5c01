/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/messages.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    PATIENCE_MS = 1000,
    RECOVERY = 60,  /* times as long as it was used: until patience is back */
    TELL_MS = 1000, /* how often a loss is tried to be told */
};

static struct {
    uint64_t calm_at; /* ms: all patience is back */
    bool is_last;     /* what is said now ends the run */
    bool torn;        /* the last line is not whole */
    bool shows_time;
    unsigned lost;
    uv_timer_t *timer; /* NULL: no loop */
    void (*tell)(void);
} messages;

/* ---- room ---- */

static bool has_room(int patience)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&room, 1, patience) > 0;
}

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

static bool wait_for_room(void)
{
    uint64_t begin = now_ms();
    uint64_t owed = messages.calm_at > begin ? messages.calm_at - begin : 0;
    bool found;

    if (messages.is_last)
        return has_room(PATIENCE_MS);
    found = has_room(PATIENCE_MS - (int)(owed / RECOVERY));
    owed += (now_ms() - begin) * RECOVERY;
    if (owed > PATIENCE_MS * RECOVERY)
        owed = PATIENCE_MS * RECOVERY;
    messages.calm_at = begin + owed;
    return found;
}

/* As much as a terminal that calls itself writable surely takes; a pipe takes any message then. */
static size_t piece_of(size_t n)
{
    enum { SURE = 256 };

    return n > SURE && isatty(STDERR_FILENO) ? SURE : n;
}

/* Whether it was written, or never can be. */
static bool write_whole(const char *bytes, size_t left)
{
    while (left) {
        ssize_t put;

        if (!wait_for_room())
            return false;
        put = write(STDERR_FILENO, bytes, piece_of(left));
        if (put < 0 && errno != EAGAIN && errno != EINTR)
            return true;
        if (put > 0) {
            bytes += put;
            left -= (size_t)put;
            messages.torn = left;
        }
    }
    return true;
}

/* ---- losses ---- */

static void on_due(uv_timer_t *timer);

static void lose(unsigned count)
{
    messages.lost += count;
    if (messages.timer && !uv_is_active((uv_handle_t *)messages.timer))
        uv_timer_start(messages.timer, on_due, TELL_MS, TELL_MS);
}

static void tell_lost(void)
{
    unsigned lost = messages.lost;
    char head[MESSAGES_HEAD], line[MESSAGES_HEAD + 100];
    int length;

    if (!lost)
        return;
    messages_head(head);
    length = snprintf(line, sizeof line, "%s%s%u %s lost: standard error was not read\n",
                      messages.torn ? "\n" : "", head, lost,
                      lost == 1 ? "message was" : "messages were");
    messages.lost = 0;
    if (!write_whole(line, (size_t)length))
        lose(lost);
}

static void on_due(uv_timer_t *timer)
{
    if (messages.lost && has_room(0))
        messages.tell();
    if (!messages.lost)
        uv_timer_stop(timer);
}

/* ---- messages ---- */

void messages_show_time(void)
{
    messages.shows_time = true;
}

size_t messages_head(char head[MESSAGES_HEAD])
{
    static const char name[] = "tcpchat: ";
    size_t length = messages.shows_time ? clock_text(head, time(NULL), isatty(STDERR_FILENO)) : 0;

    memcpy(head + length, name, sizeof name);
    return length + sizeof name - 1;
}

bool messages_ready(void)
{
    bool found = wait_for_room();

    if (!found)
        lose(1);
    return found;
}

void messages_put(const char *message, size_t n)
{
    tell_lost();
    if (!write_whole(message, n))
        lose(1);
}

void messages_begin_last(void)
{
    messages.is_last = true;
}

void messages_end_last(void)
{
    messages.is_last = false;
}

void messages_use(uv_timer_t *timer, void (*tell)(void))
{
    messages.timer = timer;
    messages.tell = tell;
    if (timer && messages.lost)
        uv_timer_start(timer, on_due, TELL_MS, TELL_MS);
    else if (messages.lost && has_room(0))
        tell_lost();
}
