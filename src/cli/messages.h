/* SPDX-License-Identifier: GPL-3.0-or-later */
/* messages: standard error, which may be full, with nobody there to read it.
 *
 * Peers can cause messages, and all others wait while one is written: together messages wait for a
 * second a minute at most. Those that find no room then are counted, and "3 messages were lost:
 * standard error was not read" is said as soon as there is room again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { MESSAGES_HEAD = 64 };

/* From now on messages begin with the time. */
void messages_show_time(void);

/* The beginning of every message: "tcpchat: ", and the time before it. Returns its length. */
size_t messages_head(char head[MESSAGES_HEAD]);

/* Whether there is room for a message, which may have to be waited for; where there is none it
 * counts as lost. */
bool messages_ready(void);

/* Writes a message, line end included, where messages_ready said so; before it, what was lost. */
void messages_put(const char *message, size_t n);

/* What is said between these two ends the run, and has a second of its own. */
void messages_begin_last(void);
void messages_end_last(void);

/* The timer, which is initialised and does not keep its loop, sees to it that losses are told where
 * no other message follows: once there is room, tell() puts nothing. NULL: no more; what was lost
 * is told now, or not at all. */
void messages_use(uv_timer_t *timer, void (*tell)(void));
