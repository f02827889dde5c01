/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source: a file of rules or a script, read line by line and word by word.
 *
 * The file is UTF-8, or else in the local charset. Lines end with LF or CR LF. Blanks at both ends
 * of a line do not count; a line without more, or with "#" in front, is no line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/must_check.h"
#include "text/charset.h"
#include "text/word.h"

enum { SOURCE_SIZE = 1024 * 1024 /* bytes of a file */ };

struct source {
    const char *path; /* the caller's */
    char *text;       /* UTF-8 */
    size_t n;
    const char *next; /* line */
    unsigned line;    /* its number, from 1 */
    const char *begin, *end;
    const char *first; /* letter of the line */
    const char *at;    /* the unread rest, without blanks in front */
};

/* Reads the whole file. ERR_LOCAL: it cannot be read, or it is too large; ERR_USAGE: it is no text.
 */
int source_open(struct source *source, const char *path, struct charset *utf8,
                struct charset *local, struct err *err);
void source_fini(struct source *source);

/* The next line; false at the end of the file. */
bool source_next_line(struct source *source);

/* Takes the next word of the line, up to a blank; false and n 0 at its end. */
bool source_take(struct source *source, struct word *word);

/* Takes the next word if it is this one. */
bool source_take_if(struct source *source, const char *word);

/* Takes the rest of the line. */
struct word source_take_rest(struct source *source);

/* Reads a time such as 20ms, 2s, 0.5 or 1m, above 0 and at most a day. */
MUST_CHECK int source_take_time(struct source *source, uint64_t *ms, struct err *err);

/* The column of a place in the line: characters, from 1. */
size_t source_column(const struct source *source, const char *at);

/* Sets ERR_USAGE, "PATH:3: column 7: " and the sentence, and returns -1. `at` points into the line.
 * The format is a message of gettext. */
int source_refuse(const struct source *source, const char *at, struct err *err, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/* Puts "PATH:3: " in front of a sentence that has its column, and returns -1. */
int source_prefix(const struct source *source, struct err *err);

/* Refuses what stands behind the end of a statement; 0: nothing does. */
MUST_CHECK int source_check_end(const struct source *source, struct err *err);
