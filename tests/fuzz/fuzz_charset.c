/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a charset to UTF-8 and back, and bytes of UTF-8 to the charset. A charset outside the
 * standard is compared with iconv. The first byte chooses the charset, the second the lengths of
 * the parts, the third the room of a pass. */
#include "fuzz.h"

#include <stdbool.h>

#include "../unit/valid.h"
#include "oracle.h"
#include "text.h"
#include "text/charset.h"
#include "text/codec.h"
#include "text/decoder.h"
#include "text/encoder.h"
#include "text/utf8.h"

enum { LONGEST = 4096, ROOM = 16 * LONGEST, LEAST = 2 * UTF8_MAX };

typedef enum pass_stop way(struct charset *charset, struct pass *pass);

static bool is_same(const struct buf *one, const struct buf *other)
{
    size_t n = buf_length(one);

    return n == buf_length(other) && (!n || !memcmp(buf_bytes(one), buf_bytes(other), n));
}

static void append(struct buf *buf, const void *bytes, size_t n)
{
    CLAIM(buf_append(buf, bytes, n) == 0);
}

/* ---- passes ---- */

/* The room of the next pass; the first byte seeds it. */
static size_t next_room(unsigned *seed)
{
    *seed = *seed * 75 % 65537;
    return LEAST + *seed % 48;
}

/* Passes the whole text on, with `mend` for each fault, in runs of room for all or for little. */
static size_t pass_on(way *go, struct charset *charset, const uint8_t *bytes, size_t n,
                      const char *mend, unsigned seed, struct buf *out)
{
    struct pass pass = {.from = bytes, .end = bytes + n, .last = true};
    size_t faults = 0, steps = 0;
    enum pass_stop stop;

    buf_init(out, ROOM);
    do {
        size_t room = seed ? next_room(&seed) : 4 * n + LEAST;
        const unsigned char *from = pass.from, *to;

        to = pass.to = buf_reserve(out, room);
        CLAIM(to);
        pass.full = pass.to + room;
        stop = go(charset, &pass);
        CLAIM(pass.from >= from && pass.to >= to && pass.to <= pass.full);
        CLAIM(stop != PASS_FULL || (seed && pass.from > from));
        CLAIM(stop != PASS_DONE || pass.from == pass.end);
        CLAIM(stop != PASS_CUT && stop != PASS_LF && steps++ <= n);
        buf_commit(out, (size_t)(pass.to - to));
        if (stop == PASS_BAD || stop == PASS_LACKS) {
            CLAIM(pass.length > 0 && pass.length <= (size_t)(pass.end - pass.from));
            append(out, mend, strlen(mend));
            pass.from += pass.length;
            faults++;
        }
    } while (stop != PASS_DONE);
    return faults;
}

/* ---- one character at a time ---- */

/* No fault has an ASCII byte in it, but for the digits of GB18030's four bytes. */
static void check_fault(const struct charset *charset, const uint8_t *bytes, size_t n)
{
    bool has_digits = charset->table && table_has_form(charset->table, FORM_GB18030);

    CLAIM(bytes[0] >= 0x80);
    for (size_t i = 1; i < n; i++)
        CLAIM(bytes[i] >= 0x80 || (has_digits && i % 2 && bytes[i] >= '0' && bytes[i] <= '9'));
}

static size_t put_char(const struct table_char *next, unsigned char text[2 * UTF8_MAX])
{
    size_t n = utf8_put(next->scalar, text);

    return next->second ? n + utf8_put(next->second, text + n) : n;
}

static size_t decode_singly(struct charset *charset, const uint8_t *bytes, size_t n,
                            struct buf *out)
{
    size_t faults = 0;

    buf_init(out, ROOM);
    while (n) {
        struct table_char next = decoder_next(charset, bytes, n);
        unsigned char text[2 * UTF8_MAX];

        CLAIM(next.length > 0 && next.length <= n);
        CLAIM(next.status != TABLE_CUT || (next.length == n && n < 4));
        if (next.status == TABLE_GOOD) {
            append(out, text, put_char(&next, text));
        } else {
            check_fault(charset, bytes, next.length);
            append(out, "\uFFFD", 3);
            faults++;
        }
        bytes += next.length;
        n -= next.length;
    }
    return faults;
}

/* Writes a character, or two that the charset has as one. Returns the number of bytes of the text,
 * and in *length that of the charset; 0: it lacks the character, or the text is bad. */
static size_t encode_next(struct charset *charset, const uint8_t *text, size_t n,
                          unsigned char bytes[INVERSE_BYTES], size_t *length)
{
    struct utf8_char next = utf8_next(text, n), second = {.status = UTF8_BAD};

    *length = 0;
    if (next.status != UTF8_GOOD)
        return next.length;
    if (next.length < n)
        second = utf8_next(text + next.length, n - next.length);
    if (charset->inverse && second.status == UTF8_GOOD) {
        *length = inverse_put_both(charset->inverse, next.scalar, second.scalar, bytes);
        if (*length)
            return next.length + second.length;
    }
    if (next.scalar >= 0x80 && charset->inverse)
        *length = inverse_put(charset->inverse, next.scalar, bytes);
    else
        *length = utf8_put(next.scalar, bytes);
    CLAIM(*length <= INVERSE_BYTES);
    CLAIM(second.status == UTF8_GOOD || *length == encoder_length(charset, next.scalar));
    return next.length;
}

static size_t encode_singly(struct charset *charset, const uint8_t *text, size_t n,
                            const char *mend, struct buf *out)
{
    size_t faults = 0;

    buf_init(out, ROOM);
    while (n) {
        unsigned char bytes[INVERSE_BYTES];
        size_t length, taken = encode_next(charset, text, n, bytes, &length);

        append(out, length ? (const char *)bytes : mend, length ? length : strlen(mend));
        faults += !length;
        text += taken;
        n -= taken;
    }
    return faults;
}

/* ---- cuts ---- */

static void push(struct codec *codec, const uint8_t *bytes, size_t n, bool last, struct buf *out)
{
    uint8_t *exact = malloc(n + !n); /* a sanitizer sees a read behind the end */

    CLAIM(exact);
    memcpy(exact, bytes, n);
    CLAIM(codec_push(codec, exact, n, last, out, NULL) == 0);
    free(exact);
}

static struct codec_faults convert(const struct codec_plan *plan, const uint8_t *bytes, size_t n,
                                   unsigned seed, struct buf *out)
{
    struct codec codec;

    codec_init(&codec, plan);
    buf_init(out, ROOM);
    while (seed && n) {
        size_t part = next_room(&seed) % 8 + 1;

        part = part < n ? part : n;
        push(&codec, bytes, part, false, out);
        bytes += part;
        n -= part;
    }
    push(&codec, bytes, n, true, out);
    CLAIM(!codec.kept_length);
    return codec.faults;
}

/* The whole text and its parts have the same outcome, which is that of the passes. */
static void check_cuts(struct charset *from, struct charset *to, const uint8_t *bytes, size_t n,
                       unsigned seed, const struct buf *passed, size_t faults)
{
    struct codec_plan plan = {from, to, .text.checked = true};
    struct buf whole, parts;
    struct codec_faults a = convert(&plan, bytes, n, 0, &whole),
                        b = convert(&plan, bytes, n, seed, &parts);

    CLAIM(is_same(&whole, &parts));
    CLAIM(a.undecodable == b.undecodable && a.undecodable_at == b.undecodable_at);
    CLAIM(a.unencodable == b.unencodable && a.unencodable_at == b.unencodable_at);
    CLAIM(a.unencodable_first == b.unencodable_first);
    CLAIM(a.undecodable + a.unencodable == faults);
    CLAIM(is_same(&whole, passed));
    buf_fini(&whole);
    buf_fini(&parts);
}

/* ---- round trips ---- */

/* Outside the standard some charsets have another sign at '\\' or '~', which is ASCII here. */
static bool is_variant(const unsigned char *bytes, size_t n)
{
    return n == 1 && (*bytes == '\\' || *bytes == '~');
}

/* Whether the charset writes a character in bytes that it reads otherwise. The standard lists some;
 * outside of it iconv says so. */
static bool is_one_way(const struct charset *charset, const struct oracle *oracle,
                       const uint8_t *text, size_t n, const unsigned char *bytes, size_t length)
{
    unsigned char back[ORACLE_ROOM];
    size_t count = 0;
    const struct standard_cell *cells = NULL;

    if (oracle && is_variant(bytes, length))
        return true;
    if (oracle)
        return oracle_ask(oracle->read, bytes, length, back, sizeof back) != (ssize_t)n ||
               memcmp(back, text, n) != 0;
    if (charset->table)
        cells = standard_encoded(charset->table->standard, &count);
    for (size_t i = 0; i < count; i++)
        if (cells[i].scalar == utf8_next(text, n).scalar)
            return true;
    return false;
}

/* The decoder reads what the encoder writes. A letter that is decomposed comes back in parts. */
static void check_back(struct charset *charset, const struct oracle *oracle, const uint8_t *text,
                       size_t n, bool is_decoded)
{
    bool decomposes =
        charset->table && charset->table->standard && charset->table->standard->decomposes;

    while (n) {
        unsigned char bytes[INVERSE_BYTES], back[4 * UTF8_MAX * INVERSE_BYTES];
        size_t length, taken = encode_next(charset, text, n, bytes, &length);
        struct pass pass = {bytes, bytes + length, back, back + sizeof back, .last = true};
        bool may_differ = !length || (decomposes && !is_decoded) ||
                          is_one_way(charset, oracle, text, taken, bytes, length);

        CLAIM(decoder_pass(charset, &pass) == PASS_DONE);
        CLAIM(may_differ || (pass.to == back + taken && !memcmp(back, text, taken)));
        text += taken;
        n -= taken;
    }
}

/* ---- iconv ---- */

/* Whether iconv has a character for the first bytes, but a control of ASCII. */
static bool has_character(const struct oracle *oracle, const uint8_t *bytes, size_t n)
{
    unsigned char found[ORACLE_ROOM];

    for (size_t k = 1; k <= n && k <= 4; k++)
        if (oracle_ask(oracle->read, bytes, k, found, sizeof found) > 0)
            return *found >= ' ' && *found != 0x7F;
    return false;
}

/* Each character is iconv's, no fault begins with one, and all characters together are the same. */
static void compare_decoding(struct charset *charset, const struct oracle *oracle,
                             const uint8_t *bytes, size_t n)
{
    static unsigned char text[ROOM], wanted[2 * UTF8_MAX], found[ORACLE_ROOM];
    struct buf good, decoded;

    buf_init(&good, ROOM);
    while (n) {
        struct table_char next = decoder_next(charset, bytes, n);
        size_t length = put_char(&next, wanted);

        if (next.status == TABLE_GOOD && !is_variant(bytes, next.length)) {
            CLAIM(oracle_ask(oracle->read, bytes, next.length, found, sizeof found) ==
                      (ssize_t)length &&
                  !memcmp(found, wanted, length));
            append(&good, bytes, next.length);
        }
        CLAIM(next.status == TABLE_GOOD || !has_character(oracle, bytes, n));
        bytes += next.length;
        n -= next.length;
    }
    CLAIM(pass_on(decoder_pass, charset, buf_bytes(&good), buf_length(&good), "", 0, &decoded) ==
          0);
    CLAIM(oracle_ask(oracle->read, buf_bytes(&good), buf_length(&good), text, sizeof text) ==
          (ssize_t)buf_length(&decoded));
    CLAIM(!buf_length(&decoded) || !memcmp(text, buf_bytes(&decoded), buf_length(&decoded)));
    buf_fini(&good);
    buf_fini(&decoded);
}

/* Some charsets of IBM write signs such as ← as a control. */
static bool has_control(const unsigned char *bytes, ssize_t n)
{
    for (ssize_t i = 0; i < n; i++)
        if (bytes[i] < ' ' || bytes[i] == 0x7F)
            return true;
    return false;
}

/* The same for writing. iconv leaves tags out, and may write them as nothing. */
static void compare_encoding(struct charset *charset, const struct oracle *oracle,
                             const uint8_t *text, size_t n)
{
    static unsigned char bytes[ROOM], wanted[INVERSE_BYTES], found[ORACLE_ROOM];
    struct buf good, encoded;

    buf_init(&good, ROOM);
    while (n) {
        size_t length, taken = encode_next(charset, text, n, wanted, &length);
        ssize_t count = oracle_ask(oracle->write, text, taken, found, sizeof found);

        if (!is_variant(text, taken)) {
            CLAIM(count == (ssize_t)length || (count <= 0 && !length) ||
                  (*text >= 0x80 && has_control(found, count) && !length));
            CLAIM(!length || !memcmp(found, wanted, length));
            append(&good, text, length ? taken : 0);
        }
        text += taken;
        n -= taken;
    }
    CLAIM(pass_on(encoder_pass, charset, buf_bytes(&good), buf_length(&good), "", 0, &encoded) ==
          0);
    CLAIM(oracle_ask(oracle->write, buf_bytes(&good), buf_length(&good), bytes, sizeof bytes) ==
          (ssize_t)buf_length(&encoded));
    CLAIM(!buf_length(&encoded) || !memcmp(bytes, buf_bytes(&encoded), buf_length(&encoded)));
    buf_fini(&good);
    buf_fini(&encoded);
}

/* ---- both ways ---- */

/* U+FFFD where the charset has it, or '?'. */
static void replacement_in(struct charset *charset, char mend[INVERSE_BYTES + 1])
{
    size_t length;

    encode_next(charset, (const uint8_t *)"\uFFFD", 3, (unsigned char *)mend, &length);
    if (!length)
        mend[length++] = '?';
    mend[length] = '\0';
}

/* The length of a byte order mark that a codec leaves out, because the charset lacks it. */
static size_t left_out(struct charset *charset, const uint8_t *text, size_t n)
{
    unsigned char bytes[INVERSE_BYTES];
    size_t length = 1, taken = 0;

    if (n >= 3 && !memcmp(text, "\uFEFF", 3))
        taken = encode_next(charset, text, n, bytes, &length);
    return length ? 0 : taken;
}

static void check_encoding(struct charset *charset, const uint8_t *text, size_t n, unsigned seed,
                           const struct oracle *oracle, bool is_decoded)
{
    struct buf whole, small, singly;
    char mend[INVERSE_BYTES + 1];
    size_t mark = left_out(charset, text, n), faults;
    const uint8_t *rest = text + mark;

    replacement_in(charset, mend);
    faults = pass_on(encoder_pass, charset, rest, n - mark, mend, 0, &whole);
    CLAIM(faults == pass_on(encoder_pass, charset, rest, n - mark, mend, seed, &small));
    CLAIM(faults == encode_singly(charset, rest, n - mark, mend, &singly));
    CLAIM(is_same(&whole, &small) && is_same(&whole, &singly));
    check_cuts(text_charset(0), charset, text, n, seed, &whole, faults);
    check_back(charset, oracle, text, n, is_decoded);
    if (oracle)
        compare_encoding(charset, oracle, text, n);
    buf_fini(&whole);
    buf_fini(&small);
    buf_fini(&singly);
}

static void check_decoding(struct charset *charset, const uint8_t *bytes, size_t n, unsigned seed,
                           const struct oracle *oracle)
{
    struct buf whole, small, singly;
    size_t faults = pass_on(decoder_pass, charset, bytes, n, "\uFFFD", 0, &whole);

    CLAIM(faults == pass_on(decoder_pass, charset, bytes, n, "\uFFFD", seed, &small));
    CLAIM(faults == decode_singly(charset, bytes, n, &singly));
    CLAIM(is_same(&whole, &small) && is_same(&whole, &singly));
    CLAIM(is_valid(charset, bytes, n) == !faults);
    CLAIM(utf8_span(buf_bytes(&whole), buf_length(&whole)) == buf_length(&whole));
    if (text_keeps_plain(charset))
        text_claim_plain_kept(bytes, n, buf_bytes(&whole), buf_length(&whole));
    check_cuts(charset, text_charset(0), bytes, n, seed, &whole, faults);
    if (oracle)
        compare_decoding(charset, oracle, bytes, n);
    check_encoding(charset, buf_bytes(&whole), buf_length(&whole), seed, oracle, true);
    buf_fini(&whole);
    buf_fini(&small);
    buf_fini(&singly);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    unsigned index = input_byte(&input);
    struct charset *charset = text_charset(index);
    bool is_foreign = charset->table && !charset->table->standard;
    struct oracle *oracle = is_foreign ? oracle_of(index) : NULL;
    unsigned seed = 1 + input_byte(&input) + 256u * input_byte(&input);

    if (!input.left || input.left > LONGEST)
        return 0;
    check_decoding(charset, input.bytes, input.left, seed, oracle);
    check_encoding(charset, input.bytes, input.left, seed, oracle, false);
    return 0;
}
