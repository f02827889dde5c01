/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "text/decoder.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"
#include "ui/view_bytes.h"

enum {
    META = 96, /* bytes of time and length */
    MARGIN = 512,
    LEAST_COLUMNS = 20 /* of a text beside them */
};

static int put(struct buf *out, const char *text)
{
    return buf_append(out, text, strlen(text));
}

/* ---- unambiguous text ---- */

static int put_escape(unsigned byte, struct buf *out)
{
    char escape[8];

    return buf_append(out, escape, (size_t)snprintf(escape, sizeof escape, "\\x%02X", byte));
}

/* Only this side's pictures are pictures, and only its escapes begin with one backslash. */
static int put_character(uint32_t scalar, bool has_pictures, struct buf *out)
{
    unsigned char text[UTF8_MAX];
    char form[16];

    if (view_bytes_is_control(scalar) && !has_pictures)
        return put_escape(scalar, out);
    if (view_bytes_is_picture(scalar)) {
        snprintf(form, sizeof form, "<U+%04X>", (unsigned)scalar);
        return put(out, form);
    }
    if (scalar == '\\' && !has_pictures)
        return put(out, "\\\\");
    return buf_append(out, text, utf8_put(view_bytes_picture(scalar), text));
}

static int put_text(const struct view_message *message, bool has_pictures, struct buf *out)
{
    const unsigned char *at = (const unsigned char *)message->text, *end = at + message->text_n;
    int failed = 0;

    while (at < end && !failed) {
        struct utf8_char next = utf8_next(at, (size_t)(end - at));

        failed = next.status == UTF8_GOOD ? put_character(next.scalar, has_pictures, out)
                                          : put_escape(*at, out);
        at += next.length;
    }
    return failed;
}

static int put_bad(const unsigned char *bytes, size_t n, struct buf *out)
{
    int failed = 0;

    for (size_t i = 0; i < n && !failed; i++)
        failed = put_escape(bytes[i], out);
    return failed;
}

static int put_decoded(const struct view_message *message, bool has_pictures, struct buf *out)
{
    const unsigned char *at = message->wire.bytes + message->wire.head,
                        *end = at + message->wire.body;
    int failed = 0;

    while (at < end && !failed) {
        struct table_char next = decoder_next(message->wire.charset, at, (size_t)(end - at));

        if (next.status != TABLE_GOOD)
            failed = put_bad(at, next.length, out);
        else
            failed = put_character(next.scalar, has_pictures, out);
        if (!failed && next.status == TABLE_GOOD && next.second)
            failed = put_character(next.second, has_pictures, out);
        at += next.length;
    }
    return failed;
}

/* The length of a picture or an escape of this side at the beginning of the rows; 0: none. */
static size_t mark_length(const char *at, size_t n, bool has_pictures)
{
    if (has_pictures)
        return n >= 3 && !memcmp(at, "\xE2\x90", 2) ? 3 : 0;
    return n >= 4 && at[0] == '\\' && at[1] == 'x' && ascii_hex(at[2]) >= 0 && ascii_hex(at[3]) >= 0
               ? 4
               : 0;
}

static int put_dim(const struct view_style *style, const void *text, size_t n, struct buf *out)
{
    return put(out, style->dim) < 0 || buf_append(out, text, n) < 0 || put(out, style->plain) < 0
               ? -1
               : 0;
}

/* Rows are laid out before anything in them is dim. A doubled backslash begins no escape. */
static int put_dimmed(const struct buf *rows, const struct view_style *style, struct buf *out)
{
    const char *at = (const char *)buf_bytes(rows);
    size_t n = buf_length(rows);

    while (n) {
        size_t length = mark_length(at, n, style->has_pictures);
        bool is_pair = !style->has_pictures && n >= 2 && at[0] == '\\' && at[1] == '\\';
        size_t step = length ? length : is_pair ? 2 : 1;

        if ((length ? put_dim(style, at, step, out) : buf_append(out, at, step)) < 0)
            return -1;
        at += step;
        n -= step;
    }
    return 0;
}

/* ---- rows of text ---- */

/* `taken` columns of the first row are in use. */
static int put_rows(const struct view_message *message, const struct view_style *style,
                    const char *margin, unsigned taken, unsigned margin_columns, struct buf *out)
{
    struct rows_layout layout = {.columns = style->columns,
                                 .taken = taken,
                                 .margin = margin,
                                 .margin_columns = margin_columns};
    struct buf text, rows;
    int failed;

    buf_init(&text, 16 * (message->wire.is_text ? message->wire.n : message->text_n) + 16);
    buf_init(&rows, out->cap);
    failed = !message->wire.is_text ? put_text(message, style->has_pictures, &text)
                                    : put_decoded(message, style->has_pictures, &text);
    if (!failed)
        failed = safetext_rows(&layout, buf_bytes(&text), buf_length(&text), &rows);
    if (!failed)
        failed = put_dimmed(&rows, style, out);
    buf_fini(&text);
    buf_fini(&rows);
    return failed;
}

static unsigned columns_of(const char *text)
{
    unsigned columns = 0;

    for (struct utf8_char next; *text; text += next.length) {
        next = utf8_next((const unsigned char *)text, strlen(text));
        columns += width_of(next.scalar);
    }
    return columns;
}

/* Time and length in a row of their own, or in more in a narrow window. */
static int put_meta(const char *meta, const struct view_style *style, struct buf *out)
{
    char margin[MARGIN];
    struct rows_layout layout = {.columns = style->columns,
                                 .taken = style->edge_columns + 1,
                                 .margin = margin,
                                 .margin_columns = style->edge_columns + 1,
                                 .by_words = true};

    snprintf(margin, sizeof margin, "%s ", style->edge);
    if (put(out, style->dim) < 0 || put(out, " ") < 0 ||
        safetext_rows(&layout, meta, strlen(meta), out) < 0)
        return -1;
    return put(out, style->plain);
}

/* The mark stands behind the bar; further rows begin with the margin. */
static int put_marked(const struct view_message *message, const struct view_style *style,
                      const char *margin, unsigned columns, struct buf *out)
{
    if (put(out, message->mark) < 0)
        return -1;
    return put_rows(message, style, margin, columns + columns_of(message->mark), columns + 1, out);
}

static int put_narrow(const struct view_message *message, const struct view_style *style,
                      struct buf *out)
{
    char meta[META], margin[MARGIN];

    snprintf(meta, sizeof meta, "%s %s %zu B", message->time, style->dot, message->wire.n);
    snprintf(margin, sizeof margin, "%s ", style->edge);
    if (put_meta(meta, style, out) < 0 || put(out, "\n") < 0 || put(out, style->edge) < 0)
        return -1;
    return put_marked(message, style, margin, style->edge_columns, out);
}

/* Time and length in the row of the text, or above it in a narrow window. */
static int put_line(const struct view_message *message, const struct view_style *style,
                    struct buf *out)
{
    char meta[META], margin[MARGIN];
    unsigned columns;

    snprintf(meta, sizeof meta, " %s %5zu B ", message->time, message->wire.n);
    columns = style->edge_columns + (unsigned)strlen(meta) + columns_of(style->bar);
    if (columns + LEAST_COLUMNS > style->columns)
        return put_narrow(message, style, out);
    snprintf(margin, sizeof margin, "%s%*s%s ", style->edge, (int)strlen(meta), "", style->bar);
    if (put(out, style->dim) < 0 || put(out, meta) < 0 || put(out, style->bar) < 0 ||
        put(out, style->plain) < 0)
        return -1;
    return put_marked(message, style, margin, columns, out);
}

/* ---- all rows ---- */

static bool has_high_bytes(const struct view_message *message)
{
    for (size_t i = 0; i < message->wire.n; i++)
        if (message->wire.bytes[i] >= 0x80)
            return true;
    return false;
}

static int put_head(const struct view_message *message, const struct view_style *style,
                    struct buf *out)
{
    bool names = message->wire.charset && has_high_bytes(message);
    char meta[META];

    snprintf(meta, sizeof meta, "%s %s %zu B%s%s%s%s", message->time, style->dot, message->wire.n,
             names ? " " : "", names ? style->dot : "", names ? " " : "",
             names ? charset_name(message->wire.charset) : "");
    return put_meta(meta, style, out);
}

int view_render(const struct view_message *message, const struct view_style *style, struct buf *out)
{
    bool has_bytes =
        message->wire.bytes && (message->view == VIEW_HEX || message->view == VIEW_BOTH);
    bool is_beside = has_bytes && message->view == VIEW_HEX;

    if ((is_beside ? put_head : put_line)(message, style, out) < 0)
        return -1;
    return has_bytes ? view_bytes_put(message, style, is_beside, out) : 0;
}
