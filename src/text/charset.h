/* SPDX-License-Identifier: GPL-3.0-or-later */
/* charset: what is spoken, opened once per charset and process and then shared.
 *
 * An iconv descriptor costs kilobytes, a conversation a few dozen bytes: the converters belong to
 * the charset and are reset around every use; `decoder` and `encoder` use them. Only charsets
 * without shift states that carry ASCII as ASCII are let in, so that framing at LF may look at
 * bytes and a reset never costs anything.
 *
 * GBK, GB2312 and CP936 are one charset here, the one that peers really speak: they decode as
 * GB18030 with 0x80 as the euro sign, and encode as GBK (WHATWG Encoding, "gbk"). */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "text/converter.h"

/* Opened by charset_find; what it holds is for decoder and encoder. */
struct charset {
    struct charset *next;
    char *name;      /* for sentences */
    char *key;       /* the name's letters and digits in upper case, GBK for its family */
    iconv_t decode;  /* to UTF-8; NO_CONVERTER for UTF-8 itself, which utf8 reads */
    iconv_t encode;  /* from UTF-8 */
    iconv_t gb18030; /* from UTF-8, for what the plain GBK table lacks; else NO_CONVERTER */
    bool single;     /* iconv keeps letters back: it is fed one character at a time */
    bool triples;    /* 8F begins three bytes, as in EUC-JP */
};

/* The charsets opened so far. Zeroed it is valid; charsets_fini closes them all. */
struct charsets {
    struct charset *first;
};

void charsets_fini(struct charsets *charsets);

/* Opens a charset by a name that iconv knows, any case, or finds it again. It lives as long as
 * *charsets. NULL with a sentence (ERR_USAGE) for unknown names, names with suffixes, charsets with
 * shift states or without ASCII. The GBK family is one pointer. */
struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err);

/* The same without opening anything: NULL where it is not open yet. */
struct charset *charset_at_hand(const struct charsets *charsets, const char *name);

/* The charset's name for a sentence, in upper case. */
const char *charset_name(const struct charset *charset);

bool charset_is_utf8(const struct charset *charset);
bool charset_is_gbk(const struct charset *charset);

/* GBK or GB18030: their two-byte sequences are GB2312's, for which `detect` has a table. */
bool charset_is_chinese(const struct charset *charset);

/* Whether two charsets are the same under different names ("latin1", "ISO-8859-1"): then nothing
 * has to be converted. Takes milliseconds where the names differ. */
bool charset_same(struct charset *a, struct charset *b);

/* How converting a piece of text went. */
enum text_status {
    TEXT_DONE,      /* all of it was taken */
    TEXT_BAD,       /* stopped at something that cannot be converted */
    TEXT_FULL = -1, /* `out` is at its cap, or memory is short */
};
