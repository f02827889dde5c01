/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen: the messages and notices above the line being typed.
 *
 *     peer1│ a message, and where it is too long for the row
 *          │ the rest of it
 *     ▸ a notice
 *
 * At most SCREEN_LINES lines wait for the terminal. Then peers wait, if they can (screen_is_full),
 * and own lines may fill the queue a second time; else the oldest line is dropped and counted.
 * Lines that come quickly are drawn together, so that the prompt is redrawn a few times a second
 * only. All strings are made safe here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/event.h"
#include "text/charset.h"
#include "ui/screen_line.h"
#include "ui/terminal.h"

enum {
    SCREEN_LINES = 1000,           /* that wait */
    SCREEN_BYTES = 4 * 1024 * 1024 /* the bytes of all waiting lines */
};

struct screen_options {
    struct colors *colors; /* NULL: all is in one colour */
    bool timestamps;
    bool raw; /* messages are shown as they are */
    enum view view;
    bool waits;            /* peers wait while it is full: only own lines can overfill it */
    unsigned name_columns; /* of the name column, at first */
};

struct screen_events {
    /* Removes the prompt before lines are written, and draws it again below them. False: it cannot
     * be removed yet; screen_go_on follows. */
    bool (*hide)(void *owner);
    void (*show)(void *owner, unsigned rows); /* rows: that were written */
    void (*drained)(void *owner);             /* the screen is not full any more, or it is held */
};

struct screen {
    struct terminal *terminal;
    struct screen_style style;
    enum view view; /* of the messages to come */
    bool waits;     /* as in the options */
    const struct screen_events *events;
    void *owner;
    TAILQ_HEAD(screen_queue, screen_line) lines;
    size_t count, bytes;
    size_t dropped;    /* lines that are not shown and not told yet */
    bool told_full;    /* drained() is due */
    bool is_held;      /* the terminal takes nothing: no peer waits for it */
    uint64_t shown_at; /* loop time */
    uint64_t taken_at; /* loop time at which the terminal last took something */
    uint64_t taken;    /* bytes, then */
    uv_timer_t tick;
};

void screen_init(struct screen *screen, struct terminal *terminal, struct charset *local,
                 const struct screen_options *options, const struct screen_events *events,
                 void *owner);

/* Queues a message. */
void screen_message(struct screen *screen, const struct screen_label *label, const char *text,
                    size_t n, enum screen_mark mark);

/* The same in the screen's view, with the bytes of the message. */
void screen_seen(struct screen *screen, const struct screen_label *label, const char *text,
                 size_t n, enum screen_mark mark, const struct view_wire *wire);

void screen_notice(struct screen *screen, const char *sentence);

/* A notice that is an event for the recorders, too. The format is a message of gettext. */
__attribute__((format(printf, 2, 3))) void screen_tell(struct screen *screen, const char *format,
                                                       ...);

/* The same for the sentence of an event that is no more than a notice: it may count. */
void screen_tell_event(struct screen *screen, const struct event *event);

/* Shows "STATE · /help lists commands · Ctrl-D leaves", or ends, at once; or "STATE · /help ·
 * Ctrl-D leaves" if only this fits in one row. */
void screen_show_banner(struct screen *screen, const char *state, bool ends);

/* A line without a frame. */
void screen_plain(struct screen *screen, const char *text);

/* Queues a typed line that is not sent, above the last line if that still waits. */
void screen_typed(struct screen *screen, const char *text);

/* Whether peers shall wait; drained() follows then. */
bool screen_is_full(struct screen *screen);

/* Whether the terminal has taken nothing for a while; typed lines do not wait for it then. */
bool screen_is_held(const struct screen *screen);

/* Whether everything was shown. */
bool screen_is_empty(const struct screen *screen);

/* False, too, where only a count of dropped lines is to be shown: without memory it never is. */
bool screen_has_lines(const struct screen *screen);

/* Continues after the terminal's queue has drained, or the prompt can be removed. */
void screen_go_on(struct screen *screen);

/* Draws all lines at once. */
void screen_show_rest(struct screen *screen);

/* Drops the lines that wait and closes the timer, whose data is the screen. */
void screen_close(struct screen *screen, uv_close_cb closed);
