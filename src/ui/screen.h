/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen: what is shown above the line that is being typed.
 *
 *     peer1│ a message, and where it is too long for the row
 *          │ the rest of it
 *     ▸ a notice
 *
 * What is to be shown waits here until the terminal takes it, SCREEN_LINES at most: then those who
 * can wait shall wait (screen_is_full), or the oldest is dropped and counted. (Where the others
 * wait, as many own lines may come on top.) Lines that come
 * quickly are drawn together, so that the prompt is drawn again a few times a second only.
 * All strings are made safe here, whoever they come from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "text/charset.h"
#include "ui/screen_line.h"
#include "ui/terminal.h"

enum {
    SCREEN_LINES = 1000,           /* that wait to be shown */
    SCREEN_BYTES = 4 * 1024 * 1024 /* and what they may take together */
};

struct screen_options {
    bool color, timestamps;
    bool raw;              /* messages are shown as they are */
    bool waits;            /* peers wait while it is full: only own lines can overfill it */
    unsigned name_columns; /* of the name column, at first */
};

struct screen_events {
    /* The prompt makes room for lines above it, and comes back below them. */
    void (*hide)(void *owner);
    void (*show)(void *owner);
    void (*drained)(void *owner); /* not full any more, or it stands still */
};

struct screen {
    struct terminal *terminal;
    struct screen_style style;
    bool waits; /* as in the options */
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

/* Something was said; `continues` marks a further piece of one long line. */
void screen_message(struct screen *screen, const char *name, const char *text, size_t n,
                    bool continues);

/* The same, under a name that is for this once: the name column does not become as wide. */
void screen_aside(struct screen *screen, const char *name, const char *text, size_t n);

void screen_notice(struct screen *screen, const char *sentence);
__attribute__((format(printf, 2, 3))) void screen_tell(struct screen *screen, const char *format,
                                                       ...);

/* A line without a frame. */
void screen_plain(struct screen *screen, const char *text);

/* A line that was typed and will not be sent; above the last line, if that still waits. */
void screen_typed(struct screen *screen, const char *text);

/* Whether those who can wait shall. They hear from drained(). */
bool screen_is_full(struct screen *screen);

/* Whether the terminal has taken nothing for a while: what was typed does not wait for it. */
bool screen_is_held(const struct screen *screen);

/* Whether everything was shown. */
bool screen_is_empty(const struct screen *screen);

/* The terminal's queue is empty again. */
void screen_go_on(struct screen *screen);

/* Draws what waits, all of it, now. */
void screen_show_rest(struct screen *screen);

/* Forgets what waits; closed(screen->tick.data) is the caller's. */
void screen_close(struct screen *screen, uv_close_cb closed);
