/* SPDX-License-Identifier: GPL-3.0-or-later */
/* saved_messages: literals with names, in a file of the person's.
 *
 * The file is $XDG_CONFIG_HOME/tcpchat/messages, or ~/.config/tcpchat/messages, in UTF-8, with a
 * BOM or without. A line is a name, a blank and a literal; one that is blank or begins with # is
 * left alone. A name is a word of at most SAVED_NAME bytes, begins with neither # nor a BOM, and
 * has one line. The file is read anew for each use, since an editor may change it. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "io/opener.h"

enum { SAVED_NAME = 64, SAVED_BYTES = 1024 * 1024 /* of the file */ };

struct saved_message {
    const char *name, *text; /* not ended by a NUL */
    size_t name_n, text_n;
    size_t column; /* of the literal in its line */
    size_t line;
};

/* A zeroed struct has none. */
struct saved_messages {
    struct opener opener;
    char *path;
    struct buf file;
    struct saved_message *all; /* in the bytes of the file */
    size_t count;
};

/* Reads the file and checks each literal; a file that is not there has none. -1 and ERR_USAGE:
 * "FILE:3: column 7: ..."; ERR_LOCAL: it cannot be read. To be ended in any case. */
MUST_CHECK int saved_messages_load(struct saved_messages *saved, struct opener opener,
                                   struct err *err);
void saved_messages_fini(struct saved_messages *saved);

/* NULL: no message has this name. */
const struct saved_message *saved_messages_find(const struct saved_messages *saved,
                                                const char *name, size_t n);

/* Saves a literal of one line, which is known to be good, under a name, whose former one it
 * replaces. Another file takes the place of the former one (mode 0600), so that it is whole at any
 * time. -1: ERR_USAGE for a name that cannot be, for bytes that are no UTF-8, and for a mistake in
 * the file; ERR_LOCAL. */
MUST_CHECK int saved_messages_store(struct opener opener, const char *name, size_t name_n,
                                    const char *text, size_t text_n, struct err *err);
