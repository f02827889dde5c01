/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message: a text in UTF-8, and its forms in the charsets of its readers.
 *
 * The first reader of a charset has the form made, in one allocation, and all readers of that
 * charset share it: the cost of a message does not depend on their number. For readers who get the
 * text as it is, the message is the form. A message is shared, too; each holder releases it. Its
 * memory is counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/must_check.h"
#include "text/charset.h"
#include "text/codec.h"
#include "text/literal.h"

/* The form of the text on the wire. */
struct form_plan {
    struct charset *charset;  /* NULL: the text is bytes and stays as it is */
    struct text_options text; /* BAD_STOP counts as BAD_REPLACE: a room goes on */
};

bool form_plan_same(const struct form_plan *a, const struct form_plan *b);

struct form {
    struct form *next;
    struct message *message; /* the owner */
    struct form_plan plan;
    struct codec_faults faults; /* characters that the charset does not have */
    size_t size;                /* of its memory; 0: the message's */
    size_t n;
    const unsigned char *bytes;
};

/* A literal in place of a text: each form is made from it. */
struct message_literal {
    struct literal *literal; /* held; NULL: the message is its text */
    uint64_t count;          /* of its {count} */
    time_t time;             /* of its {time} */
    struct charset *local;   /* of text for readers without a charset */
    const char *end;         /* a line end behind it, LF or CR LF; NULL: none */
};

struct message {
    unsigned holders;
    size_t *held;         /* bytes of memory that all messages of the owner take */
    struct charset *utf8; /* of the text */
    struct form *forms;   /* others than its own */
    struct form own;      /* the text as it is; its plan counts for nothing */
    struct message_literal literal;
    bool is_exact;     /* an answer: --eol changes none of its line ends */
    uint64_t own_line; /* the number of the operator's line that it is; 0: it is none */
    size_t n;
    char text[]; /* as it goes out: with its line end */
};

/* Copies n bytes of UTF-8, with an LF behind them where they are a line. Held once. The memory is
 * added to *held, which must outlive the message. NULL without memory. */
MUST_CHECK struct message *message_new(struct charset *utf8, const void *text, size_t n,
                                       bool is_line, size_t *held);

/* The same with a literal, which the message holds, too; the text is its source. */
MUST_CHECK struct message *message_new_literal(struct charset *utf8, const void *text, size_t n,
                                               const struct message_literal *literal, size_t *held);

struct message *message_hold(struct message *message);
void message_release(struct message *message);

/* Adds the form by this plan: n bytes, from which the text was decoded. -1 without memory. */
int message_know(struct message *message, const struct form_plan *plan, const void *bytes,
                 size_t n);

/* The message's form by this plan, good as long as the message is held. NULL without memory. */
MUST_CHECK const struct form *message_form(struct message *message, const struct form_plan *plan);

/* Makes the form by this plan. -1 and *err: that of literal_make. */
MUST_CHECK int message_make(struct message *message, const struct form_plan *plan, struct err *err);

/* The largest number of characters that a charset lacks, of the forms so far. */
uint64_t message_lacking(const struct message *message);
