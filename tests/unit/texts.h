/* SPDX-License-Identifier: GPL-3.0-or-later */
/* texts: charsets that are opened once, and whole texts through the passes of decoder and encoder.
 */
#pragma once

#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "text/charset.h"
#include "text/decoder.h"
#include "text/encoder.h"

/* Each form of the standard, and four charsets outside of it. */
static const char *const names[] = {"utf-8",     "gbk",          "gb18030",      "big5",
                                    "shift_jis", "euc-jp",       "euc-kr",       "koi8-r",
                                    "latin1",    "windows-1252", "windows-1258", "euc-jp-ms",
                                    "johab",     "euc-tw",       "koi8-t"};

enum { NAMES = sizeof names / sizeof *names, ROOM = 1 << 18 };

static struct charsets charsets;

static inline struct charset *find(const char *name)
{
    struct err err = {0};
    struct charset *charset = charset_find(&charsets, name, &err);

    if (!charset)
        fail_msg("%s: %s", name, err.sentence);
    return charset;
}

static inline int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

typedef enum pass_stop way(struct charset *charset, struct pass *pass);

/* Appends what the whole text becomes, with `mend` for each fault. Returns their number. */
static inline size_t pass_text(way *go, struct charset *charset, const void *text, size_t n,
                               const char *mend, struct buf *out)
{
    size_t room = 4 * n + 4 * INVERSE_BYTES, faults = 0;
    unsigned char *to = buf_reserve(out, room);
    struct pass pass = {
        .from = text, .end = (const unsigned char *)text + n, .to = to, .last = true};
    enum pass_stop stop;

    assert_non_null(to);
    pass.full = to + room;
    while ((stop = go(charset, &pass)) != PASS_DONE) {
        assert_true(stop == PASS_BAD || stop == PASS_LACKS);
        assert_true(pass.length > 0 && pass.length <= (size_t)(pass.end - pass.from));
        memcpy(pass.to, mend, strlen(mend));
        pass.to += strlen(mend);
        pass.from += pass.length;
        faults++;
    }
    assert_ptr_equal(pass.from, pass.end);
    buf_commit(out, (size_t)(pass.to - to));
    return faults;
}

static inline size_t decode_text(struct charset *charset, const void *bytes, size_t n,
                                 struct buf *out)
{
    return pass_text(decoder_pass, charset, bytes, n, "\uFFFD", out);
}

static inline size_t encode_text(struct charset *charset, const void *text, size_t n,
                                 struct buf *out)
{
    return pass_text(encoder_pass, charset, text, n, "?", out);
}

static inline void assert_becomes(way *go, const char *name, const char *mend, const char *in,
                                  size_t n, const char *expected)
{
    unsigned char *exact = malloc(n + !n); /* a sanitizer sees a read behind the end */
    struct buf out;
    size_t length = strlen(expected);

    memcpy(exact, in, n);
    buf_init(&out, ROOM);
    pass_text(go, find(name), exact, n, mend, &out);
    if (buf_length(&out) != length || (length && memcmp(buf_bytes(&out), expected, length)))
        fail_msg("%s: '%.*s' is not '%s'", name, (int)buf_length(&out), buf_bytes(&out), expected);
    buf_fini(&out);
    free(exact);
}

/* Bad bytes are U+FFFD, and what a charset lacks is '?'. */
#define assert_decodes(name, bytes, expected) \
    assert_becomes(decoder_pass, name, "\uFFFD", bytes, sizeof bytes - 1, expected)
#define assert_encodes(name, text, expected) \
    assert_becomes(encoder_pass, name, "?", text, sizeof text - 1, expected)

static inline bool is_same_text(const struct buf *one, const struct buf *other)
{
    size_t n = buf_length(one);

    return n == buf_length(other) && (!n || !memcmp(buf_bytes(one), buf_bytes(other), n));
}

/* Bytes between two others, both included. */
static inline unsigned char byte_from(struct dice *dice, unsigned first, unsigned last)
{
    return (unsigned char)(first + dice_roll(dice, last - first + 1));
}

/* Writes one character of a kind that some charset has, or bytes that are none, and returns the
 * number of bytes: ASCII, pairs, a hanzi in UTF-8, GB18030's four bytes, and any. */
static inline size_t random_character(struct dice *dice, unsigned kind, unsigned char bytes[4])
{
    static const unsigned char odd[] = {'\r', '\n', 0x80, 0x8E, 0x8F, 0xE0, 0xED, 0xF0, 0xFF};
    static const struct {
        unsigned char n, ranges[4][2];
    } kinds[] = {
        {1, {{' ', '~'}}},
        {2, {{0x81, 0xFE}, {0x40, 0xFE}}},
        {2, {{0xA1, 0xFE}, {0xA1, 0xFE}}},
        {2, {{0xC3, 0xDF}, {0x80, 0xBF}}},
        {3, {{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}}},
        {3, {{0xE0, 0xED}, {0x80, 0xBF}, {0x80, 0xBF}}},
        {4, {{0x81, 0xE4}, {'0', '9'}, {0x81, 0xFE}, {'0', '9'}}},
        {1, {{0, 0xFF}}},
    };

    if (kind >= sizeof kinds / sizeof *kinds) {
        bytes[0] = odd[dice_roll(dice, sizeof odd)];
        return 1;
    }
    for (size_t i = 0; i < kinds[kind].n; i++)
        bytes[i] = byte_from(dice, kinds[kind].ranges[i][0], kinds[kind].ranges[i][1]);
    return kinds[kind].n;
}

/* Fills up to `most` bytes with short runs of each kind, the last of which may be torn. */
static inline size_t random_text(struct dice *dice, unsigned char *bytes, size_t most)
{
    size_t n = 1 + dice_roll(dice, (uint32_t)most), done = 0;

    while (done < n) {
        unsigned kind = dice_roll(dice, 9);

        for (size_t i = 1 + dice_roll(dice, 9); i && done < n; i--) {
            unsigned char one[4];
            size_t length = random_character(dice, kind, one);

            length = length < n - done ? length : n - done;
            memcpy(bytes + done, one, length);
            done += length;
        }
    }
    return n;
}
