/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json: an event as a line of JSON (RFC 8259), for programs and for a terminal that shows it.
 *
 *     {"time":"2026-11-28T16:02:11.482913Z","event":"untaken","peer":"127.0.0.1:53122","bytes":27}
 *
 * Strings are UTF-8. Characters that a terminal would not show as themselves are written as \uXXXX,
 * which a parser gives back exactly. Bytes that are no UTF-8 become U+FFFD, and "replaced":true
 * follows. The line has its LF, and none within. */
#pragma once

#include <time.h>

#include "base/buf.h"
#include "base/event.h"
#include "base/must_check.h"

/* Appends the line. -1 where `line` is at its cap or memory is short; then a piece of the line may
 * be in it. */
MUST_CHECK int json_line(const struct event *event, const struct timespec *at, struct buf *line);

/* Appends the text as a string in quotes, likewise. */
MUST_CHECK int json_string(const char *text, size_t n, struct buf *line);

/* The time as lines of JSON have it, without quotes. */
enum { JSON_TIME = 64 };
void json_time(const struct timespec *at, char text[JSON_TIME]);
