/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/safetext.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "text/utf8.h"
#include "text/width.h"

enum {
    FORM_MAX = 16, /* the longest form: <U+10FFFF> */
    MARKS_MAX = 8, /* on one base */
    TAB_STOP = 8,
    DOTTED_CIRCLE = 0x25CC,
};

enum kind {
    VISIBLE,
    MARK,
    JOINER,
    DROPPED,
    CONTROL, /* shown as ^X */
    HIDDEN,  /* shown as <U+XXXX> */
};

/* ---- kinds of characters ---- */

static bool is_between(uint32_t scalar, uint32_t first, uint32_t last)
{
    return scalar >= first && scalar <= last;
}

/* Emoji and ideographs need them to choose a glyph. */
static bool is_variation_selector(uint32_t scalar)
{
    return is_between(scalar, 0xFE00, 0xFE0F) || is_between(scalar, 0xE0100, 0xE01EF);
}

static bool only_orders(uint32_t scalar)
{
    return scalar == 0x200E || scalar == 0x200F || scalar == 0x061C; /* LRM, RLM, ALM */
}

static enum kind kind_of_property(const utf8proc_property_t *property)
{
    switch (property->category) {
    case UTF8PROC_CATEGORY_CF: /* signs that enclose what follows, such as U+0600, are seen */
        return property->boundclass == UTF8PROC_BOUNDCLASS_PREPEND ? VISIBLE : HIDDEN;
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return HIDDEN;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return MARK;
    default: return VISIBLE;
    }
}

static enum kind kind_of(uint32_t scalar)
{
    const utf8proc_property_t *property;

    if (is_between(scalar, 0x20, 0x7E))
        return VISIBLE;
    if (scalar < 0x20 || scalar == 0x7F)
        return CONTROL;
    if (scalar == 0x200C || scalar == 0x200D)
        return JOINER;
    if (only_orders(scalar))
        return DROPPED;
    if (is_variation_selector(scalar))
        return MARK;
    property = utf8proc_get_property((utf8proc_int32_t)scalar);
    return property->ignorable ? HIDDEN : kind_of_property(property);
}

bool safetext_is_plain(uint32_t scalar)
{
    enum kind kind = kind_of(scalar);

    return kind == VISIBLE || kind == MARK || kind == JOINER;
}

/* ---- output ---- */

static int put_scalar(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    unsigned char bytes[UTF8_MAX];

    safetext->column += width_of(scalar);
    return buf_append(out, bytes, utf8_put(scalar, bytes));
}

static int put_base(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    safetext->has_base = true;
    safetext->marks = 0;
    return put_scalar(safetext, scalar, out);
}

static int put_ascii(struct safetext *safetext, const char *text, unsigned n, struct buf *out)
{
    safetext->has_base = true;
    safetext->marks = 0;
    safetext->column += n;
    return buf_append(out, text, n);
}

/* ^X or <U+XXXX>, which are ASCII and so in every charset. */
static int put_form(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    char form[FORM_MAX];
    int length = kind_of(scalar) == CONTROL
                     ? snprintf(form, sizeof form, "^%c", (int)(scalar ^ 0x40))
                     : snprintf(form, sizeof form, "<U+%04X>", (unsigned)scalar);

    return put_ascii(safetext, form, (unsigned)length, out);
}

static int put_mark(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    if (!safetext->has_base && put_base(safetext, DOTTED_CIRCLE, out) < 0)
        return -1;
    if (safetext->marks == MARKS_MAX)
        return put_form(safetext, scalar, out);
    safetext->marks++;
    return put_scalar(safetext, scalar, out);
}

static int put_tab(struct safetext *safetext, struct buf *out)
{
    static const char blanks[TAB_STOP] = "        ";

    return put_ascii(safetext, blanks, TAB_STOP - safetext->column % TAB_STOP, out);
}

static int put_line_end(struct safetext *safetext, struct buf *out)
{
    *safetext = (struct safetext){0};
    return buf_append(out, "\n", 1);
}

static int put_kind(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    switch (kind_of(scalar)) {
    case VISIBLE: return put_base(safetext, scalar, out);
    case MARK: return put_mark(safetext, scalar, out);
    case DROPPED: return 0;
    case JOINER:
        if (safetext->has_base) {
            safetext->joiner = scalar;
            return 0;
        }
        break;
    default: break;
    }
    return put_form(safetext, scalar, out);
}

/* ---- held-back characters ---- */

/* A joiner stays one only in front of a visible character. */
static int release_joiner(struct safetext *safetext, bool visible_follows, struct buf *out)
{
    uint32_t joiner = safetext->joiner;

    if (!joiner)
        return 0;
    safetext->joiner = 0;
    return visible_follows ? put_scalar(safetext, joiner, out) : put_form(safetext, joiner, out);
}

static int release_cr(struct safetext *safetext, bool line_ends, struct buf *out)
{
    bool held = safetext->after_cr;

    safetext->after_cr = false;
    return held && !line_ends ? put_form(safetext, '\r', out) : 0;
}

static int push_scalar(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    if (release_joiner(safetext, kind_of(scalar) == VISIBLE, out) < 0 ||
        release_cr(safetext, scalar == '\n', out) < 0)
        return -1;
    switch (scalar) {
    case '\n': return put_line_end(safetext, out);
    case '\t': return put_tab(safetext, out);
    case '\r': safetext->after_cr = true; return 0;
    default: return put_kind(safetext, scalar, out);
    }
}

int safetext_push(struct safetext *safetext, const void *text, size_t n, bool last, struct buf *out)
{
    const unsigned char *bytes = text;
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        if (push_scalar(safetext, next.scalar, out) < 0)
            return -1;
    if (!last)
        return 0;
    return release_joiner(safetext, false, out) < 0 || release_cr(safetext, false, out) < 0 ? -1
                                                                                            : 0;
}

/* ---- rows ---- */

/* Many terminals draw a character in two columns if U+FE0F follows it. */
static unsigned width_in_row(const struct utf8_char *character, const unsigned char *rest,
                             size_t left)
{
    unsigned width = width_of(character->scalar);

    if (width == 1 && kind_of(character->scalar) == VISIBLE && left &&
        utf8_next(rest, left).scalar == 0xFE0F)
        return 2;
    return width;
}

/* The width of a character with its marks, which stay in its row; the width of a lone mark. */
static unsigned width_of_cluster(const struct utf8_char *base, const unsigned char *rest,
                                 size_t left)
{
    unsigned width = width_in_row(base, rest, left);
    struct utf8_char next;

    if (kind_of(base->scalar) != MARK)
        while (utf8_take(&rest, &left, &next) && kind_of(next.scalar) == MARK)
            width += width_of(next.scalar);
    return width;
}

static int begin_row(const struct safetext_layout *layout, unsigned *column, struct buf *out)
{
    *column = layout->margin_columns;
    return buf_append(out, "\n", 1) < 0 ||
                   buf_append(out, layout->margin, strlen(layout->margin)) < 0
               ? -1
               : 0;
}

static size_t span_of(const unsigned char *text, size_t n, bool blanks)
{
    size_t length = 0;

    while (length < n && (text[length] == ' ') == blanks)
        length++;
    return length;
}

static unsigned width_of_word(const unsigned char *text, size_t n)
{
    unsigned width = 0;
    struct utf8_char next;

    while (utf8_take(&text, &n, &next))
        width += width_in_row(&next, text, n);
    return width;
}

/* The number of blanks here that a new row replaces, because the word behind them does not fit this
 * row and fits the next one; 0: the row goes on. */
static size_t blanks_to_break_at(const struct safetext_layout *layout, const unsigned char *text,
                                 size_t n, unsigned column)
{
    size_t blanks = layout->by_words ? span_of(text, n, true) : 0;
    size_t word = blanks ? span_of(text + blanks, n - blanks, false) : 0;
    unsigned width = width_of_word(text + blanks, word);

    if (word && kind_of(utf8_next(text + blanks, word).scalar) == MARK)
        return 0; /* the mark combines with the last blank */
    return word && column + blanks + width > layout->columns &&
                   layout->margin_columns + width <= layout->columns
               ? blanks
               : 0;
}

/* Breaks safe text in front of a character, or word, that would pass the last column. */
static int break_rows(const struct safetext_layout *layout, const unsigned char *text, size_t n,
                      struct buf *out)
{
    unsigned column = layout->taken;
    struct utf8_char next;

    while (n) {
        size_t blanks = blanks_to_break_at(layout, text, n, column);

        text += blanks;
        n -= blanks;
        utf8_take(&text, &n, &next);
        if ((blanks || (column + width_of_cluster(&next, text, n) > layout->columns &&
                        column > layout->margin_columns)) &&
            begin_row(layout, &column, out) < 0)
            return -1;
        if (buf_append(out, next.bytes, next.length) < 0)
            return -1;
        column += width_in_row(&next, text, n);
    }
    return 0;
}

/* As safetext_push, but LF and CR are controls like any other. */
static int make_safe(const unsigned char *text, size_t n, struct buf *out)
{
    struct safetext safetext = {0};
    struct utf8_char next;

    while (utf8_take(&text, &n, &next))
        if (release_joiner(&safetext, kind_of(next.scalar) == VISIBLE, out) < 0 ||
            (next.scalar == '\t' ? put_tab(&safetext, out)
                                 : put_kind(&safetext, next.scalar, out)) < 0)
            return -1;
    return release_joiner(&safetext, false, out);
}

int safetext_rows(const struct safetext_layout *layout, const void *text, size_t n, struct buf *out)
{
    struct buf safe;
    int failed;

    buf_init(&safe, out->cap);
    failed = make_safe(text, n, &safe);
    if (!failed)
        failed = break_rows(layout, buf_bytes(&safe), buf_length(&safe), out);
    buf_fini(&safe);
    return failed;
}

/* ---- one line ---- */

static int put_byte(struct safetext *safetext, unsigned char byte, struct buf *out)
{
    char form[FORM_MAX];
    int length = snprintf(form, sizeof form, "\\x%02X", byte);

    return put_ascii(safetext, form, (unsigned)length, out);
}

/* One character, or one byte that is not UTF-8. Returns its length, or 0 where its form does not
 * fit. */
static size_t put_any(struct safetext *safetext, const unsigned char *line, size_t n,
                      struct buf *out)
{
    struct utf8_char next = utf8_next(line, n);
    bool is_text = next.status == UTF8_GOOD;
    size_t end = out->end;

    if (release_joiner(safetext, is_text && kind_of(next.scalar) == VISIBLE, out) == 0 &&
        (is_text ? put_kind(safetext, next.scalar, out) : put_byte(safetext, *line, out)) == 0)
        return is_text ? next.length : 1;
    out->end = end;
    return 0;
}

void safetext_line(char *out, size_t size, const char *line)
{
    struct buf buf = {.bytes = (unsigned char *)out, .capacity = size - 1, .cap = size - 1};
    struct safetext safetext = {0};
    const unsigned char *bytes = (const unsigned char *)line;
    size_t left = strlen(line);

    while (left) {
        size_t length = put_any(&safetext, bytes, left, &buf);

        if (!length)
            break;
        bytes += length;
        left -= length;
    }
    release_joiner(&safetext, false, &buf);
    out[buf.end] = '\0';
}
