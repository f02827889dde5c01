/* SPDX-License-Identifier: GPL-3.0-or-later */
/* correction: the command line as it was meant, for the end of a sentence: "tcpchat listen -k
 * 8080".
 *
 * The words that nobody changes stay as they were typed, in quotes where a shell needs them. A
 * struct correction is plain data and refers to words and texts of its maker. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "cli/option_table.h"

enum {
    CORRECTION_TEXT = 256, /* a longer command ends in "..." */
    CORRECTION_CHANGES = 16,
    CORRECTION_CLUSTERS = 2, /* clusters that lose letters */
    CORRECTION_CLUSTER = 32,
};

struct correction {
    const char *command; /* "listen" */
    int argc;
    char *const *argv; /* behind the command */
    struct {
        const char *at;   /* a word of argv, or the rest of one: a value behind = */
        const char *text; /* NULL: the word is left out */
    } changes[CORRECTION_CHANGES];
    int count;
    char clusters[CORRECTION_CLUSTERS][CORRECTION_CLUSTER]; /* texts of changes */
    int cluster_count;
};

const char *correction_command(enum command command);

/* argv[0] is the command's name. */
struct correction correction_of(enum command command, int argc, char *const *argv);

/* Puts text, which is written as it is, in the place of a word. Changes past CORRECTION_CHANGES are
 * ignored. */
void correction_change(struct correction *correction, const char *word, const char *text);

/* Leaves out the option that `word` gives as a name, or as `letter` among others. `value` is its
 * argument in that word or the next; NULL: it has none. */
void correction_drop(struct correction *correction, const char *word, char letter,
                     const char *value);

/* The word as a shell reads it back; as $'...' where a message would show a character in another
 * form. It is cut where it does not fit in `size`, above 20. */
void correction_quote(const char *word, char *quoted, size_t size);

void correction_write(const struct correction *correction, char text[CORRECTION_TEXT]);

/* ERR_USAGE with a mistake, such as "'%.128s' has one hyphen; write %s": a message of gettext for
 * the word and the command. Returns -1. */
int correction_refuse(const struct correction *correction, const char *word, const char *mistake,
                      struct err *err);
