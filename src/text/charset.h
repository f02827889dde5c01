/* charset: from any charset to UTF-8 and back, one converter per charset and process.
 *
 * An iconv descriptor costs kilobytes, a conversation a few dozen bytes: converters live in a
 * `struct charsets` and are shared, and are reset around every use; a `struct decoder` owns nothing
 * but the bytes of a character that was cut. Only charsets without shift states that carry ASCII as
 * ASCII are let in, so that framing at LF may look at bytes and a reset never costs anything.
 *
 * GBK, GB2312 and CP936 are one charset here, the one that peers really speak: they decode as
 * GB18030 with 0x80 as the euro sign, and encode as GBK (WHATWG Encoding, "gbk"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct charset;

/* The charsets opened so far. Zeroed it is valid; charsets_fini closes them all. */
struct charsets {
    struct charset *first;
};

void charsets_fini(struct charsets *charsets);

/* Opens a charset by a name that iconv knows, any case, or finds it again; the same charset under
 * two names is the same pointer. It lives as long as *charsets. NULL with a sentence (ERR_USAGE)
 * for unknown names, names with suffixes, charsets with shift states or without ASCII. */
struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err);

/* Whether two charsets are the same under different names ("latin1", "ISO-8859-1"): then nothing
 * has to be converted. */
bool charset_same(struct charset *a, struct charset *b);

/* Whether two-byte sequences of this charset are GB2312's, for which `detect` has a table. */
bool charset_is_chinese(const struct charset *charset);

/* Whether n bytes are valid from the first to the last. */
bool charset_valid(struct charset *charset, const void *bytes, size_t n);

/* How many bytes at the end of n are the beginning of a character that is not complete. */
size_t charset_unfinished(struct charset *charset, const void *bytes, size_t n);

/* The charset's name for a sentence, in upper case. */
const char *charset_name(const struct charset *charset);

enum text_status {
    TEXT_DONE,      /* all of it was taken */
    TEXT_BAD,       /* stopped at something that cannot be converted */
    TEXT_FULL = -1, /* `out` is at its cap, or memory is short */
};

enum { DECODER_KEPT = 8 }; /* more than any admitted charset's longest character */

struct decoder {
    struct charset *charset;
    unsigned char kept[DECODER_KEPT]; /* an unfinished character */
    unsigned char kept_length;
    unsigned char bad[DECODER_KEPT]; /* after TEXT_BAD: the bytes at fault */
    unsigned char bad_length;
};

void decoder_init(struct decoder *decoder, struct charset *charset);

/* Appends bytes to `out` as UTF-8, whole characters only. An unfinished character at the end is
 * kept for the next push, or is bad text where this is the `last` one. *used counts the bytes
 * taken, those kept included. TEXT_BAD: what precedes decoder->bad is in `out`, *used stands behind
 * it; push the rest again. TEXT_FULL: what fits whole is in `out` and counted in *used. */
enum text_status decoder_push(struct decoder *decoder, const void *bytes, size_t n, bool last,
                              struct buf *out, size_t *used);

/* Appends UTF-8 text (whole characters) to `out` in the charset. *used counts the bytes taken;
 * with TEXT_BAD the character at text + *used is not in the charset. */
enum text_status charset_encode(struct charset *charset, const void *text, size_t n,
                                struct buf *out, size_t *used);
