/* SPDX-License-Identifier: GPL-3.0-or-later */
/* messages: the lines "tcpchat: ..." on standard error, which may be full and unread.
 *
 * Peers can cause messages, and everything waits while one is written: all messages together wait
 * at most one second a minute. Messages beyond that are counted as lost. The sentence "3 messages
 * were lost: standard error was not read" follows as soon as standard error takes bytes again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/event.h"
#include "io/outfile.h"

/* Shows messages of base/log on standard error: safe for a terminal, one line each. `verbose` is
 * the number of -v. `timestamps`: the time stands in front. */
void messages_install(unsigned verbose, bool timestamps);

/* Shows nothing until messages_restart: something else writes to standard error. */
void messages_stop(void);
void messages_restart(void);

/* Shows the sentence of an event that another printer has chosen. */
void messages_print(const struct event *event);

/* Reports losses from the loop, where no other message follows; does not keep the loop alive. */
void messages_open(uv_loop_t *loop);

/* Reports losses now or never; the loop has to turn once more. */
void messages_close(void);

/* Reports why the run ends; the message waits up to a second of its own. */
void messages_say_last(const char *sentence);

/* A screen in use where standard error is a terminal; zeroed: none. */
struct messages_screen {
    void (*say)(void *owner, const char *line);  /* a message */
    void (*show)(void *owner, const char *line); /* any other line; see messages_show */
    void *owner;
};

/* Redirects lines to the screen until the next call. */
void messages_use_screen(struct messages_screen screen);

/* Shows lines that are no messages, already safe: on the screen, or on standard error where that
 * is a terminal, or not at all. */
void messages_show(const char *text, size_t n);

/* Appends messages to what the outfile, which writes to standard error, still holds. NULL: none. */
void messages_use_outfile(struct outfile *outfile);

/* A row below the messages on the same terminal; zeroed: none. */
struct messages_row {
    void (*hide)(void *owner); /* before a message; leaves the cursor in the first column */
    void (*show)(void *owner); /* after it */
    void *owner;
};

void messages_use_row(struct messages_row row);
