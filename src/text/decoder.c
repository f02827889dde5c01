/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/decoder.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "text/utf8.h"

enum { EURO_BYTE = 0x80 };

/* ---- runs ---- */

/* The result of one run over contiguous bytes: `good` bytes were decoded, and then `bad` bytes are
 * a fault, or the rest is an unfinished character (cut), or `out` is full. */
struct decoded {
    size_t good;
    size_t bad;
    bool cut;
    bool full;
};

static struct decoded decode_utf8(const unsigned char *bytes, size_t n, struct buf *out)
{
    size_t room = out->cap - buf_length(out);
    struct decoded result = {.good = utf8_span(bytes, n)};

    if (result.good > room) {
        result.good = utf8_span(bytes, room);
        result.full = true;
    }
    if (buf_append(out, bytes, result.good) < 0) {
        result.good = 0;
        result.full = true;
    }
    if (!result.full && result.good < n) {
        struct utf8_char next = utf8_next(bytes + result.good, n - result.good);
        result.cut = next.status == UTF8_CUT;
        result.bad = next.length;
    }
    return result;
}

/* The fault at the beginning of n bytes that iconv refused: `bad` bytes, or (cut) all n, which may
 * still become a character. */
struct fault {
    size_t bad;
    bool cut;
};

/* A byte that alone is incomplete is a lead byte, and a fault takes a following non-ASCII byte with
 * it. */
static struct fault pair_fault(iconv_t decode, const unsigned char *bytes, size_t n)
{
    bool takes_next = n > 1 && bytes[1] >= 0x80 && converter_waits(decode, bytes, 1);

    return (struct fault){.bad = takes_next ? 2 : 1};
}

/* The number of bytes, from the first, in the form of GB18030's four: lead, digit, lead, digit. */
static size_t four_byte_span(const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && i < 4 && (i % 2 ? isdigit(bytes[i]) : bytes[i] >= 0x81 && bytes[i] <= 0xFE))
        i++;
    return i;
}

/* WHATWG's gb18030 decoder: four bytes in the right form are one fault; otherwise the digit is a
 * character of its own. */
static struct fault gb18030_fault(iconv_t decode, const unsigned char *bytes, size_t n)
{
    size_t span = four_byte_span(bytes, n);

    if (span == 4)
        return (struct fault){.bad = 4};
    if (span == n)
        return (struct fault){.bad = n, .cut = true};
    return span > 1 ? (struct fault){.bad = 1} : pair_fault(decode, bytes, n);
}

/* WHATWG's euc-jp decoder: a fault of 8F and a byte A1 to FE includes a third byte above ASCII. */
static struct fault triple_fault(iconv_t decode, const unsigned char *bytes, size_t n)
{
    if (bytes[0] != 0x8F || n < 2 || bytes[1] < 0xA1 || bytes[1] > 0xFE)
        return pair_fault(decode, bytes, n);
    if (n == 2)
        return (struct fault){.bad = 2, .cut = true};
    return (struct fault){.bad = bytes[2] < 0x80 ? 2 : 3};
}

/* glibc looks at the later bytes of a character only once it has all of them. */
static bool may_go_on(const unsigned char *bytes, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (bytes[i] < 0x80)
            return false;
    return true;
}

static struct fault fault_at(const struct charset *charset, const unsigned char *bytes, size_t n,
                             bool incomplete)
{
    if (charset_is_chinese(charset))
        return gb18030_fault(charset->decode, bytes, n);
    if (incomplete && may_go_on(bytes, n))
        return (struct fault){.bad = n, .cut = true};
    return charset->triples ? triple_fault(charset->decode, bytes, n)
                            : pair_fault(charset->decode, bytes, n);
}

/* Converts again until only whole characters are taken, and returns their bytes: glibc's UHC takes
 * the bytes of A2 E8 before it reports them as bad, its TSCII emits half of the text of a byte, and
 * held-back characters may not fit in the end. */
static size_t settle(iconv_t decode, const unsigned char *bytes, size_t taken, size_t before,
                     struct buf *out, bool *full)
{
    for (;; taken--) {
        int why;

        buf_truncate(out, before);
        if (!taken)
            return 0;
        converter_reset(decode);
        converter_run(decode, bytes, taken, out, &why);
        if (!why && converter_flush(decode, out) == 0)
            return taken;
        *full |= !why || why == E2BIG;
    }
}

/* One run of iconv, up to the first fault. */
static struct decoded run_iconv(struct charset *charset, const unsigned char *bytes, size_t n,
                                struct buf *out)
{
    size_t before = buf_length(out);
    struct decoded result = {0};
    int why;

    converter_reset(charset->decode);
    result.good = converter_run(charset->decode, bytes, n, out, &why);
    result.full = why == E2BIG;
    if (why == EILSEQ || why == E2BIG || converter_flush(charset->decode, out) < 0)
        result.good = settle(charset->decode, bytes, result.good, before, out, &result.full);
    if (why == EILSEQ || why == EINVAL) {
        struct fault fault = fault_at(charset, bytes + result.good, n - result.good, why == EINVAL);
        result.bad = fault.bad;
        result.cut = fault.cut;
    }
    return result;
}

/* One character at a time, each flushed. */
static struct decoded run_by_character(struct charset *charset, const unsigned char *bytes,
                                       size_t n, struct buf *out)
{
    struct decoded result = {0};

    while (result.good < n && !result.bad && !result.full) {
        size_t left = n - result.good;
        struct decoded one = {0};

        for (size_t length = 1; length <= left && length <= DECODER_KEPT; length++) {
            one = run_iconv(charset, bytes + result.good, length, out);
            if (!one.cut)
                break;
        }
        result.good += one.good;
        result.bad = one.bad;
        result.cut = one.cut;
        result.full = one.full;
    }
    return result;
}

static bool put_euro(struct buf *out)
{
    static const unsigned char euro[] = {0xE2, 0x82, 0xAC};

    return buf_append(out, euro, sizeof euro) == 0;
}

static struct decoded decode_iconv(struct charset *charset, const unsigned char *bytes, size_t n,
                                   struct buf *out)
{
    size_t done = 0, most = CONVERTER_FIRST_RUN;

    for (;; most *= 2) {
        size_t run = most < n - done ? most : n - done;
        bool to_the_end = run == n - done;
        struct decoded result = charset->single ? run_by_character(charset, bytes + done, run, out)
                                                : run_iconv(charset, bytes + done, run, out);

        result.good += done;
        done = result.good;
        if (result.full)
            return result;
        if (charset_is_gbk(charset) && result.bad && !result.cut && bytes[done] == EURO_BYTE) {
            if (!put_euro(out))
                return (struct decoded){.good = done, .full = true};
            done++;
            most = CONVERTER_FIRST_RUN / 2;
        } else if (to_the_end || (result.bad && !result.cut)) {
            return result;
        }
    }
}

/* As decode_*, but in the last run a cut character is a fault. */
static struct decoded decode(struct charset *charset, const unsigned char *bytes, size_t n,
                             bool last, struct buf *out)
{
    struct decoded result = charset_is_utf8(charset) ? decode_utf8(bytes, n, out)
                                                     : decode_iconv(charset, bytes, n, out);

    if (result.full || (result.cut && !last && result.bad <= DECODER_KEPT))
        result.bad = 0;
    else
        result.cut = false;
    if (result.bad > DECODER_KEPT)
        result.bad = DECODER_KEPT;
    return result;
}

void decoder_init(struct decoder *decoder, struct charset *charset)
{
    *decoder = (struct decoder){.charset = charset};
}

static void set_bad(struct decoder *decoder, const unsigned char *bytes, size_t n)
{
    memcpy(decoder->bad, bytes, n);
    decoder->bad_length = (unsigned char)n;
}

static void keep(struct decoder *decoder, const unsigned char *bytes, size_t n)
{
    memmove(decoder->kept, bytes, n);
    decoder->kept_length = (unsigned char)n;
}

/* Decodes the kept bytes together with the first new ones. */
static enum text_status push_joined(struct decoder *decoder, const unsigned char *bytes, size_t n,
                                    bool last, struct buf *out, size_t *used)
{
    unsigned char joined[2 * DECODER_KEPT];
    size_t kept = decoder->kept_length;
    size_t added = n < DECODER_KEPT ? n : DECODER_KEPT;
    struct decoded result;
    size_t taken;

    memcpy(joined, decoder->kept, kept);
    if (added)
        memcpy(joined + kept, bytes, added);
    result = decode(decoder->charset, joined, kept + added, last && added == n, out);
    taken = result.good + result.bad;
    if (result.cut && added == n) {
        keep(decoder, joined + taken, kept + added - taken);
        *used = n;
        return TEXT_DONE;
    }
    *used = taken > kept ? taken - kept : 0;
    keep(decoder, joined + taken, taken < kept ? kept - taken : 0);
    if (result.full)
        return TEXT_FULL;
    if (!result.bad)
        return TEXT_DONE;
    set_bad(decoder, joined + result.good, result.bad);
    return TEXT_BAD;
}

enum text_status decoder_push(struct decoder *decoder, const void *bytes, size_t n, bool last,
                              struct buf *out, size_t *used)
{
    const unsigned char *rest = n ? bytes : (const void *)""; /* NULL + 0 is undefined */
    struct decoded result;

    *used = 0;
    while (decoder->kept_length && (n > *used || last)) {
        size_t taken;
        enum text_status status = push_joined(decoder, rest + *used, n - *used, last, out, &taken);
        *used += taken;
        if (status != TEXT_DONE || *used == n)
            return status;
    }
    if (*used == n)
        return TEXT_DONE;
    result = decode(decoder->charset, rest + *used, n - *used, last, out);
    *used += result.good + result.bad;
    if (result.full)
        return TEXT_FULL;
    if (result.bad) {
        set_bad(decoder, rest + *used - result.bad, result.bad);
        return TEXT_BAD;
    }
    keep(decoder, rest + *used, n - *used);
    *used = n;
    return TEXT_DONE;
}

size_t decoder_unfinished(struct charset *charset, const void *bytes, size_t n)
{
    enum { SCRATCH = 4096 };
    const unsigned char *rest = bytes;
    struct decoder decoder;
    unsigned char storage[SCRATCH];

    decoder_init(&decoder, charset);
    while (n) {
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
        size_t used;

        decoder_push(&decoder, rest, n, false, &out, &used);
        rest += used;
        n -= used;
    }
    return decoder.kept_length;
}
