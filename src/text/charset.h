/* SPDX-License-Identifier: GPL-3.0-or-later */
/* charset: a charset, opened once per process and shared by all conversations.
 *
 * A charset is UTF-8 or a pair of tables, and a conversation owns a few bytes. A label of the
 * WHATWG Encoding Standard means what it means there (see text/standard), because peers run what
 * browsers run. Any other name means what iconv means by it.
 *
 * A charset must carry ASCII as ASCII, so that framing may look for the byte LF. The same bytes
 * must give the same text at all places, so that a table can hold it. */
#pragma once

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "text/inverse.h"
#include "text/table.h"

enum { CHARSET_NAME = 48 }; /* longer than any; with its NUL */

/* Opened by charset_find. The fields are for decoder and encoder. */
struct charset {
    struct charset *next;
    const struct standard *standard; /* NULL: outside the standard */
    char name[CHARSET_NAME];         /* the standard's or iconv's, in upper case */
    struct table *table;             /* NULL: UTF-8 */
    struct inverse *inverse;
};

/* The open charsets. A zeroed struct has none; charsets_fini closes them all. */
struct charsets {
    struct charset *first;
    iconv_t *loaded; /* by charsets_load_all */
    size_t loaded_count;
};

void charsets_fini(struct charsets *charsets);

/* Opens a charset by its name, in any case, or finds the open one. All labels of an encoding of the
 * standard give one pointer, which lives as long as *charsets. NULL and ERR_USAGE: the name is
 * unknown or has a suffix, or the charset cannot be used; the sentence offers the closest label.
 * NULL and ERR_LOCAL: memory or descriptors are short. */
struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err);

/* The same for a peer's words, which open only encodings of the standard: no stranger chooses the
 * code that iconv loads. */
struct charset *charset_find_label(struct charsets *charsets, const char *name, struct err *err);

/* Loads the code of iconv for all encodings of the standard, so that charset_find opens them also
 * in a process that may open no file by then. Takes milliseconds, and a megabyte. */
void charsets_load_all(struct charsets *charsets);

/* Checks a name and tells whether it is UTF-8's. An encoding of the standard is not opened for
 * that, so that charset_find may still fail. */
int charset_check(const char *name, bool *is_utf8, struct err *err);

/* The charset's name for a sentence, in upper case: a label of the standard stands for its
 * encoding's name. */
const char *charset_name(const struct charset *charset);

bool charset_is_utf8(const struct charset *charset);

/* Whether a character may have the byte FF: in single-byte charsets, not in the others. */
bool charset_has_ff(const struct charset *charset);

/* Whether some characters have several bytes; not those of UTF-8. */
bool charset_has_leads(const struct charset *charset);

/* GBK or GB18030: their pairs of bytes include those of GB2312, for which `detect` has a table. */
bool charset_is_chinese(const struct charset *charset);

/* Whether two charsets are the same under different names, so that text needs no conversion. Takes
 * milliseconds where the names differ. */
bool charset_same(struct charset *a, struct charset *b);
