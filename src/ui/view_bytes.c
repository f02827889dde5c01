/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view_bytes.h"

#include <stdio.h>
#include <string.h>

#include "text/decoder.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"

enum {
    ROW = 16,     /* most bytes of a row */
    OFFSET = 5,   /* columns of "0000 " */
    BETWEEN = 2,  /* bytes and text */
    OVERHANG = 1, /* of a wide character at the end of a row */
};

static int put(struct buf *out, const char *text)
{
    return buf_append(out, text, strlen(text));
}

/* Two digits and a blank for each byte, and one more in the middle of sixteen. */
static unsigned digits_columns(unsigned bytes)
{
    return 3 * bytes - (bytes < ROW);
}

/* The most bytes that fit in a row. */
static unsigned bytes_in_row(const struct view_style *style, bool is_beside)
{
    unsigned bytes = ROW;

    while (bytes > 1 && style->edge_columns + OFFSET + digits_columns(bytes) +
                                (is_beside ? BETWEEN + bytes + OVERHANG : 0) >
                            style->columns)
        bytes /= 2;
    return bytes;
}

/* ---- the text beside the bytes ---- */

/* A character is shown if it takes no more columns than bytes, and is not the mark of others. */
static bool is_shown(const struct table_char *what)
{
    unsigned width = width_of(what->scalar);

    return what->status == TABLE_GOOD && !what->second && width && width <= what->length &&
           what->scalar != 0xB7 && safetext_is_plain(what->scalar) &&
           !view_bytes_is_picture(what->scalar);
}

static int put_picture(uint32_t scalar, const struct view_style *style, struct buf *out)
{
    unsigned char text[UTF8_MAX + 1];

    snprintf((char *)text, sizeof text, "%s", style->has_pictures ? "\xC2\xB7" : ".");
    if (style->has_pictures && view_bytes_is_control(scalar))
        text[utf8_put(view_bytes_picture(scalar), text)] = '\0';
    return put(out, style->dim) < 0 || put(out, (const char *)text) < 0 ||
                   put(out, style->plain) < 0
               ? -1
               : 0;
}

/* A middle dot for each byte of what cannot be shown: a full stop is a byte 2E. */
static int put_character(const struct table_char *what, const struct view_style *style,
                         struct buf *out)
{
    unsigned char text[UTF8_MAX];
    int failed = 0;

    if (is_shown(what)) {
        char blanks[UTF8_MAX + 1] = "    ";

        blanks[what->length - width_of(what->scalar)] = '\0';
        return buf_append(out, text, utf8_put(what->scalar, text)) < 0 ? -1 : put(out, blanks);
    }
    for (size_t i = 0; i < what->length && !failed; i++)
        failed = put_picture(what->status == TABLE_GOOD ? what->scalar : '.', style, out);
    return failed;
}

/* The end of the head, the text or the mark that a byte belongs to: no character reaches over it.
 */
static size_t part_end(const struct view_wire *wire, size_t at)
{
    size_t body_end = wire->head + wire->body;

    return at < wire->head ? wire->head : at < body_end ? body_end : wire->n;
}

/* The characters that begin in the row. *at is the next one, which may begin behind the row. */
static int put_text(const struct view_message *message, size_t row, size_t end, size_t *at,
                    const struct view_style *style, struct buf *out)
{
    int failed = 0;

    for (size_t i = row; i < *at && i < end && !failed; i++)
        failed = put(out, " ");
    while (*at < end && !failed) {
        struct table_char next = decoder_next(message->wire.charset, message->wire.bytes + *at,
                                              part_end(&message->wire, *at) - *at);

        failed = put_character(&next, style, out);
        *at += next.length;
    }
    return failed;
}

/* ---- rows ---- */

static int put_digits(const struct view_message *message, size_t row, size_t end, unsigned width,
                      const struct view_style *style, struct buf *out)
{
    char offset[32], digits[3 * ROW + 2];
    unsigned length = 0;

    snprintf(offset, sizeof offset, "%04zx ", row);
    for (size_t i = row; i < end; i++)
        length += (unsigned)snprintf(digits + length, sizeof digits - length, "%s%02x",
                                     i == row                       ? ""
                                     : width == ROW && i == row + 8 ? "  "
                                                                    : " ",
                                     message->wire.bytes[i]);
    if (put(out, style->dim) < 0 || put(out, offset) < 0 || put(out, style->plain) < 0 ||
        buf_append(out, digits, length) < 0)
        return -1;
    return (int)length;
}

int view_bytes_put(const struct view_message *message, const struct view_style *style,
                   bool is_beside, struct buf *out)
{
    unsigned width = bytes_in_row(style, is_beside);
    size_t at = 0;

    for (size_t row = 0; row < message->wire.n; row += width) {
        size_t end = row + width < message->wire.n ? row + width : message->wire.n;
        char gap[3 * ROW + 4];
        int length;

        if (put(out, "\n") < 0 || put(out, style->edge) < 0)
            return -1;
        length = put_digits(message, row, end, width, style, out);
        if (length < 0)
            return -1;
        snprintf(gap, sizeof gap, "%*s", (int)digits_columns(width) + BETWEEN - length, "");
        if (is_beside && (put(out, gap) < 0 || put_text(message, row, end, &at, style, out) < 0))
            return -1;
    }
    return 0;
}
