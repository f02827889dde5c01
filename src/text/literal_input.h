/* SPDX-License-Identifier: GPL-3.0-or-later */
/* literal_input: standard input as literals, one a line, however it is cut.
 *
 * A line is decoded from the local charset and is a literal; its own line end, LF or CR LF, follows
 * as one of a line that is sent (--eol). The last line may have none. A line without characters is
 * the empty literal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "text/codec.h"
#include "text/literal.h"

enum { LITERAL_INPUT_LINE = 64 * 1024 /* bytes of a line */ };

struct literal_input {
    struct charset *local, *utf8;
    struct buf bytes; /* not taken yet */
    struct buf text;  /* of the last line, in UTF-8 */
    size_t line;      /* its number, from 1 */
    uint64_t count;   /* of the last literal with {count} */
    uint64_t given;   /* bytes by literal_input_push */
    bool last;        /* no further bytes follow */
};

/* One line. */
struct literal_line {
    struct literal *literal; /* the caller frees it */
    const char *text;        /* its source, good until the next call */
    size_t n;
    uint64_t count;  /* of its {count} */
    const char *end; /* its line end; "": it has none */
};

void literal_input_init(struct literal_input *input, struct charset *local, struct charset *utf8);
void literal_input_fini(struct literal_input *input);

/* Adds n bytes; `last`: there are no more. -1 and ERR_LOCAL without memory. */
MUST_CHECK int literal_input_add(struct literal_input *input, const void *bytes, size_t n,
                                 bool last, struct err *err);

/* Takes the next line. 1: there is one. 0: it is not whole yet, or there is none. -1 and ERR_USAGE:
 * "standard input:3: column 7: ..."; ERR_LOCAL without memory. */
MUST_CHECK int literal_input_next(struct literal_input *input, struct literal_line *line,
                                  struct err *err);

/* Puts the line number in front of the sentence of a literal that cannot be made; returns -1. */
int literal_input_prefix(const struct literal_input *input, struct err *err);

/* Adds bytes, and appends all lines by this plan, whose charset may be NULL for the local one. The
 * faults get the characters that the charset lacks, with offsets in all that was appended. The
 * answer is literal_input_next's and literal_make's: lines in front of the mistake are in `out`. */
MUST_CHECK int literal_input_push(struct literal_input *input, const struct codec_plan *plan,
                                  const void *bytes, size_t n, bool last, struct buf *out,
                                  struct codec_faults *faults, struct err *err);
