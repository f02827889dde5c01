/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pattern: a regular expression, by PCRE2, whose search ends in bounded time.
 *
 * PCRE2 knows UTF-8, says whether more text could change an answer, and takes limits; the C
 * library's regcomp has none of the three. A search ends with PATTERN_LIMIT at a cost that the
 * subject cannot raise: steps of the matcher and bytes that it passes are counted over all places
 * where a match could begin, so that neither exponential nor quadratic expressions go on. Frames
 * have a limit of memory, too. No code is made at run time.
 *
 * Only this file knows PCRE2. It is in a module of its own, with bot/module. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/must_check.h"

enum {
    PATTERN_GROUPS = 10,            /* the whole match and nine groups */
    PATTERN_SUBJECT = 64 * 1024,    /* bytes of a subject that a search is made for */
    PATTERN_COST = 32 * 1024 * 1024 /* of one search, about 0.1 s */
};

enum pattern_flags {
    PATTERN_BYTES = 1,     /* bytes, not UTF-8; "." is any of them */
    PATTERN_WHOLE = 2,     /* the match is the whole subject */
    PATTERN_CASELESS = 4,  /* i */
    PATTERN_DOT_ALL = 8,   /* s: "." is also a line end */
    PATTERN_EXTENDED = 16, /* x: blanks do not count */
};

/* Why there is no pattern: `why` is PCRE2's, in English. */
struct pattern_fault {
    size_t at; /* offset in the expression */
    char why[160];
    bool is_shortage; /* memory was short */
};

enum pattern_result {
    PATTERN_NONE,    /* no match */
    PATTERN_MATCH,   /* *match */
    PATTERN_PARTIAL, /* more text could make, or change, the match that begins at match->resume */
    PATTERN_LIMIT,   /* the search came to its limit */
    PATTERN_MEMORY,  /* memory was short for the search */
};

/* Offsets; a group that took no part has `from` behind `to`. */
struct pattern_match {
    struct {
        size_t from, to;
    } groups[PATTERN_GROUPS];
    size_t cost;   /* of the search */
    size_t resume; /* no match begins before it, whatever follows; PATTERN_NONE, PATTERN_PARTIAL */
};

struct pattern;

/* n bytes of an expression; "^" and "$" are also the ends of lines, and "." is no CR
 * and no LF. NULL and *fault. */
MUST_CHECK struct pattern *pattern_new(const char *text, size_t n, unsigned flags,
                                       struct pattern_fault *fault);
void pattern_free(struct pattern *pattern);

/* The groups that the expression has, without the whole match. */
unsigned pattern_groups(const struct pattern *pattern);

/* A search of n bytes from an offset on. */
struct pattern_search {
    const void *bytes;
    size_t n, from;
    bool goes_on; /* more may follow, and an answer that it could change is PATTERN_PARTIAL */
    size_t most;  /* cost, PATTERN_COST or less; then PATTERN_LIMIT */
};

enum pattern_result pattern_search(const struct pattern *pattern,
                                   const struct pattern_search *search,
                                   struct pattern_match *match);
