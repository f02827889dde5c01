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
#include "text/utf8.h"

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

/* The same for a whole text: appends what it becomes, and returns the number of faults. */
typedef size_t text_way(struct charset *charset, const void *text, size_t n, struct buf *out);

static inline struct pass pass_of(const void *text, size_t n, unsigned char *to, size_t room)
{
    const unsigned char *from = text;

    return (struct pass){.from = from, .end = from + n, .to = to, .full = to + room};
}

/* Appends what the whole text becomes, with `mend` for each fault. Returns their number. */
static inline size_t pass_text(way *go, struct charset *charset, const void *text, size_t n,
                               const char *mend, struct buf *out)
{
    size_t room = 4 * n + 4 * INVERSE_BYTES, faults = 0;
    unsigned char *to = buf_reserve(out, room);
    struct pass pass = pass_of(text, n, to, room);
    enum pass_stop stop;

    assert_non_null(to);
    pass.last = true;
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

/* ---- what holds for every charset ---- */

static inline void assert_keeps_ascii(text_way *go)
{
    unsigned char ascii[128];

    for (unsigned i = 0; i < 128; i++)
        ascii[i] = (unsigned char)i;
    for (size_t i = 0; i < NAMES; i++) {
        struct buf out;

        buf_init(&out, ROOM);
        assert_int_equal(go(find(names[i]), ascii, 128, &out), 0);
        assert_int_equal(buf_length(&out), 128);
        assert_memory_equal(buf_bytes(&out), ascii, 128);
        buf_fini(&out);
    }
}

/* Both ways make the same of a text, which *one has then. Returns the number of faults. */
static inline size_t assert_same(text_way *go, text_way *other, struct charset *charset,
                                 const void *text, size_t n, struct buf *one)
{
    struct buf two;
    size_t faults;

    buf_init(&two, ROOM);
    buf_truncate(one, 0);
    faults = go(charset, text, n, one);
    if (other(charset, text, n, &two) != faults || !is_same_text(one, &two))
        fail_msg("'%.*s' differs in %s", (int)n, (const char *)text, charset_name(charset));
    buf_fini(&two);
    return faults;
}

/* With any room, whole characters are written, those are taken, and the rest can follow. No
 * character has more than `longest` bytes. */
static inline void assert_goes_on(way *go, struct charset *charset, const char *mend,
                                  size_t longest, const void *text, size_t n, struct dice *dice)
{
    unsigned char to[512];
    struct pass pass = pass_of(text, n, to, longest);
    enum pass_stop stop;
    struct buf whole;

    buf_init(&whole, ROOM);
    pass_text(go, charset, text, n, mend, &whole);
    assert_true(buf_length(&whole) + longest <= sizeof to);
    pass.last = true;
    do {
        const unsigned char *from = pass.from;

        stop = go(charset, &pass);
        assert_true(pass.to <= pass.full && (stop != PASS_FULL || pass.from > from));
        if (go == decoder_pass)
            assert_int_equal(utf8_span(to, (size_t)(pass.to - to)), pass.to - to);
        if (stop == PASS_BAD || stop == PASS_LACKS) {
            memcpy(pass.to, mend, strlen(mend));
            pass.to += strlen(mend);
            pass.from += pass.length;
        }
        pass.full = pass.to + longest + dice_roll(dice, 40);
    } while (stop != PASS_DONE);
    assert_int_equal(pass.to - to, buf_length(&whole));
    assert_memory_equal(to, buf_bytes(&whole), buf_length(&whole));
    buf_fini(&whole);
}
