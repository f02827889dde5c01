/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a charset to UTF-8 and back. The first byte chooses the charset, the second the length
 * of the parts, the third the cap of the output. */
#include "fuzz.h"

#include <stdbool.h>

#include "text.h"
#include "text/charset.h"
#include "text/decoder.h"
#include "text/encoder.h"
#include "text/utf8.h"

enum { LONGEST = 4096, ROOM = 4 * LONGEST };

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Pushes bytes that end with their memory. */
static size_t push(struct decoder *decoder, const uint8_t *bytes, size_t n, bool last,
                   struct buf *out)
{
    uint8_t *exact = malloc(n ? n : 1);
    size_t done = 0, faults = 0, steps = 0;
    enum text_status status;

    CLAIM(exact);
    if (n)
        memcpy(exact, bytes, n);
    do {
        size_t used;

        status = decoder_push(decoder, exact + done, n - done, last, out, &used);
        CLAIM(used <= n - done);
        done += used;
        if (status == TEXT_BAD) {
            CLAIM(decoder->bad_length >= 1 && decoder->bad_length <= DECODER_KEPT);
            CLAIM(decoder->bad[0] >= 0x80);
            CLAIM(buf_append(out, replacement, 3) == 0);
            faults++;
        }
        CLAIM(steps++ <= n + DECODER_KEPT); /* every step takes bytes */
    } while (status == TEXT_BAD);
    CLAIM(status == TEXT_DONE && done == n);
    free(exact);
    return faults;
}

/* Decodes in parts of `part` bytes. */
static size_t decode(struct charset *charset, const uint8_t *bytes, size_t n, size_t part,
                     struct buf *out)
{
    struct decoder decoder;
    size_t faults = 0;

    decoder_init(&decoder, charset);
    buf_init(out, ROOM);
    for (size_t i = 0; i < n; i += part)
        faults += push(&decoder, bytes + i, part < n - i ? part : n - i, false, out);
    faults += push(&decoder, NULL, 0, true, out);
    CLAIM(!decoder.kept_length);
    return faults;
}

static bool is_same(const struct buf *one, const struct buf *other)
{
    size_t n = buf_length(one);

    return n == buf_length(other) && (!n || !memcmp(buf_bytes(one), buf_bytes(other), n));
}

/* Bytes without room are not taken, and none are lost. */
static void check_full(struct charset *charset, const uint8_t *bytes, size_t n, size_t cap)
{
    struct decoder decoder;
    struct buf small, whole;
    enum text_status status;
    size_t used;

    decoder_init(&decoder, charset);
    buf_init(&small, cap);
    status = decoder_push(&decoder, bytes, n, true, &small, &used);
    CLAIM(used <= n && buf_length(&small) <= cap);
    CLAIM(!buf_length(&small) ||
          utf8_span(buf_bytes(&small), buf_length(&small)) == buf_length(&small));
    small.cap = ROOM;
    if (status == TEXT_BAD)
        CLAIM(buf_append(&small, replacement, 3) == 0);
    push(&decoder, bytes + used, n - used, true, &small);
    decode(charset, bytes, n, n, &whole);
    CLAIM(is_same(&small, &whole));
    buf_fini(&small);
    buf_fini(&whole);
}

/* The decoder reads what the encoder writes. */
static void check_encoding(struct charset *charset, const struct buf *text, bool is_exact)
{
    const unsigned char *bytes = buf_bytes(text);
    size_t n = buf_length(text), done = 0;
    struct buf wire, expected, back;

    buf_init(&wire, ROOM);
    buf_init(&expected, ROOM);
    while (done < n) {
        size_t used;
        enum text_status status = encoder_push(charset, bytes + done, n - done, &wire, &used);

        CLAIM(used <= n - done && status != TEXT_FULL);
        CLAIM(utf8_span(bytes + done, used) == used);
        CLAIM(buf_append(&expected, bytes + done, used) == 0);
        done += used;
        if (status == TEXT_DONE)
            CLAIM(done == n);
        else
            done += utf8_next(bytes + done, n - done).length;
    }
    CLAIM(decode(charset, buf_bytes(&wire), buf_length(&wire), ROOM, &back) == 0);
    CLAIM(!is_exact || is_same(&back, &expected));
    buf_fini(&wire);
    buf_fini(&expected);
    buf_fini(&back);
}

/* Encodes the text in parts of `part` characters, without those that the charset lacks. */
static void encode(struct charset *charset, const struct buf *text, size_t part, struct buf *wire)
{
    const unsigned char *bytes = buf_bytes(text);
    size_t n = buf_length(text);

    buf_init(wire, ROOM);
    while (n) {
        size_t used, length = 0;

        for (size_t i = 0; i < part && length < n; i++)
            length += utf8_next(bytes + length, n - length).length;
        if (encoder_push(charset, bytes, length, wire, &used) == TEXT_BAD)
            used += utf8_next(bytes + used, n - used).length;
        bytes += used;
        n -= used;
    }
}

static void check_encoding_cut(struct charset *charset, const struct buf *text, size_t part)
{
    struct buf whole, parts;

    encode(charset, text, ROOM, &whole);
    encode(charset, text, part, &parts);
    CLAIM(is_same(&whole, &parts));
    buf_fini(&whole);
    buf_fini(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    unsigned index = input_byte(&input);
    struct charset *charset = text_charset(index);
    size_t part = 1 + input_byte(&input) % 16;
    size_t cap = input_byte(&input);
    struct buf whole, parts;

    if (!input.left || input.left > LONGEST)
        return 0;
    CLAIM(decode(charset, input.bytes, input.left, input.left, &whole) ==
          decode(charset, input.bytes, input.left, part, &parts));
    CLAIM(is_same(&whole, &parts));
    CLAIM(utf8_span(buf_bytes(&whole), buf_length(&whole)) == buf_length(&whole));
    text_claim_plain_kept(input.bytes, input.left, buf_bytes(&whole), buf_length(&whole));
    check_full(charset, input.bytes, input.left, cap);
    check_encoding(charset, &whole, index % TEXT_CHARSETS < TEXT_EXACT);
    check_encoding_cut(charset, &whole, part);
    buf_fini(&whole);
    buf_fini(&parts);
    return 0;
}
