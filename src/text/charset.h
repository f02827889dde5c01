/* SPDX-License-Identifier: GPL-3.0-or-later */
/* charset: a charset, opened once per process and shared by all conversations.
 *
 * An iconv descriptor costs kilobytes and a conversation a few dozen bytes, so the converters
 * belong to the charset; `decoder` and `encoder` reset them around every use. A charset must carry
 * ASCII as ASCII and must not have shift states: then framing may look for the byte LF, and a reset
 * loses nothing.
 *
 * GBK, GB2312 and CP936 are one charset, as peers use them: they decode as GB18030 with 0x80 as the
 * euro sign and encode as GBK (WHATWG Encoding, "gbk"). */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "text/converter.h"

/* Opened by charset_find. The fields are for decoder and encoder. */
struct charset {
    struct charset *next;
    char *name;      /* for sentences */
    char *key;       /* the name's letters and digits in upper case, GBK for its family */
    iconv_t decode;  /* to UTF-8; NO_CONVERTER for UTF-8 itself, see text/utf8 */
    iconv_t encode;  /* from UTF-8 */
    iconv_t gb18030; /* from UTF-8, for characters that the GBK table lacks; else NO_CONVERTER */
    bool single;     /* iconv holds letters back and gets one character at a time */
    bool triples;    /* 8F begins three bytes, as in EUC-JP */
};

/* The open charsets. A zeroed struct has none; charsets_fini closes them all. */
struct charsets {
    struct charset *first;
};

void charsets_fini(struct charsets *charsets);

/* Opens a charset by a name that iconv knows, in any case, or finds the open one. It lives as long
 * as *charsets. NULL and ERR_USAGE for unknown names, names with suffixes, and charsets with shift
 * states or without ASCII. All names of the GBK family give one pointer. */
struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err);

/* The same for open charsets only, else NULL. */
struct charset *charset_at_hand(const struct charsets *charsets, const char *name);

/* The charset's name for a sentence, in upper case. */
const char *charset_name(const struct charset *charset);

bool charset_is_utf8(const struct charset *charset);
bool charset_is_gbk(const struct charset *charset);

/* GBK or GB18030: their pairs of bytes include those of GB2312, for which `detect` has a table. */
bool charset_is_chinese(const struct charset *charset);

/* Whether two charsets are the same under different names ("latin1", "ISO-8859-1"), so that text
 * needs no conversion. Takes milliseconds where the names differ. */
bool charset_same(struct charset *a, struct charset *b);

/* The result of converting a piece of text. */
enum text_status {
    TEXT_DONE,      /* all of it was taken */
    TEXT_BAD,       /* stopped at a fault, or a character that the charset lacks */
    TEXT_FULL = -1, /* `out` is at its cap, or memory is short */
};
