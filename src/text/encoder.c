/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/encoder.h"

#include <errno.h>
#include <string.h>

#include "text/utf8.h"

enum { EURO_BYTE = 0x80, EURO_SIGN = 0x20AC };

/* A character that iconv's table lacks. WHATWG's encoder of GBK has the euro sign in one byte, and
 * the characters that GB18030 has in two bytes. */
static enum text_status encode_beyond(struct charset *charset, const unsigned char *text,
                                      size_t length, struct buf *out)
{
    static const unsigned char euro = EURO_BYTE;
    unsigned char storage[16];
    struct buf two = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    if (!charset_is_gbk(charset))
        return TEXT_BAD;
    if (utf8_next(text, length).scalar == EURO_SIGN)
        return buf_append(out, &euro, 1) == 0 ? TEXT_DONE : TEXT_FULL;
    converter_reset(charset->gb18030);
    converter_run(charset->gb18030, text, length, &two, &why);
    if (why || buf_length(&two) != 2)
        return TEXT_BAD;
    return buf_append(out, storage, 2) == 0 ? TEXT_DONE : TEXT_FULL;
}

/* glibc leaves out the tags of plane 14 without an error. */
static bool may_vanish(const unsigned char *text, size_t n)
{
    return n > 1 && !memcmp(text, "\xF3\xA0", 2);
}

/* The bytes of the next run of iconv: one character where the following ones must not matter or its
 * loss must be noticed. */
static size_t encoder_run(const struct charset *charset, const unsigned char *text, size_t n,
                          size_t most)
{
    size_t run = most < n ? most : n;
    const unsigned char *tag;

    if (charset->single || may_vanish(text, n))
        return utf8_next(text, n).length;
    while (run < n && (text[run] & 0xC0) == 0x80)
        run--;
    tag = memmem(text, run, "\xF3\xA0", 2);
    return tag ? (size_t)(tag - text) : run;
}

static enum text_status encode_run(struct charset *charset, const unsigned char *text, size_t n,
                                   struct buf *out, size_t *used)
{
    size_t before = buf_length(out);
    int why;

    converter_reset(charset->encode);
    *used = converter_run(charset->encode, text, n, out, &why);
    if (converter_flush(charset->encode, out) < 0) {
        buf_truncate(out, before);
        *used = 0;
        return TEXT_FULL;
    }
    if (why)
        return why == E2BIG ? TEXT_FULL : TEXT_BAD;
    if (buf_length(out) > before)
        return TEXT_DONE;
    *used = 0;
    return TEXT_BAD;
}

enum text_status encoder_push(struct charset *charset, const void *text, size_t n, struct buf *out,
                              size_t *used)
{
    const unsigned char *bytes = text;
    size_t most = CONVERTER_FIRST_RUN;

    *used = 0;
    if (charset_is_utf8(charset)) {
        if (buf_append(out, text, n) < 0)
            return TEXT_FULL;
        *used = n;
        return TEXT_DONE;
    }
    while (*used < n) {
        size_t taken, run = encoder_run(charset, bytes + *used, n - *used, most);
        enum text_status status = encode_run(charset, bytes + *used, run, out, &taken);

        *used += taken;
        if (most < n)
            most *= 2;
        if (status == TEXT_BAD) {
            size_t length = utf8_next(bytes + *used, n - *used).length;

            status = encode_beyond(charset, bytes + *used, length, out);
            if (status == TEXT_DONE)
                *used += length;
            most = CONVERTER_FIRST_RUN;
        }
        if (status != TEXT_DONE)
            return status;
    }
    return TEXT_DONE;
}
