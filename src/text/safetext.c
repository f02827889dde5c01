/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/safetext.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "text/utf8.h"
#include "text/visibility.h"
#include "text/width.h"

enum {
    FORM_MAX = 16, /* the longest form is <U+10FFFF>, the longest count (x4294967295) */
    RUN = 3,       /* a run of this length, or longer, is shown as a count */
    MARKS_MAX = 8, /* on one base */
    TAB_STOP = 8,
    DOTTED_CIRCLE = 0x25CC,
};

bool safetext_is_plain(uint32_t scalar)
{
    enum visibility how = visibility_of(scalar);

    return how == VISIBLE || how == MARK || how == JOINER;
}

/* ---- output ---- */

/* ^X or <U+XXXX>, which are ASCII and so in every charset. Returns its length. */
static int write_form(char form[FORM_MAX], uint32_t scalar)
{
    return visibility_of(scalar) == CONTROL
               ? snprintf(form, FORM_MAX, "^%c", (int)(scalar ^ 0x40))
               : snprintf(form, FORM_MAX, "<U+%04X>", (unsigned)scalar);
}

/* Ends a run of one form. */
static int release_run(struct safetext *safetext, struct buf *out)
{
    uint32_t run = safetext->run;
    char text[FORM_MAX];
    int length;

    safetext->run = 0;
    if (run < 2)
        return 0;
    length = run < RUN ? write_form(text, safetext->formed)
                       : snprintf(text, sizeof text, "(x%lu)", (unsigned long)run);
    safetext->column += (unsigned)length;
    return buf_append(out, text, (size_t)length);
}

static int put_scalar(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    unsigned char bytes[UTF8_MAX];

    if (release_run(safetext, out) < 0)
        return -1;
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
    if (release_run(safetext, out) < 0)
        return -1;
    safetext->has_base = true;
    safetext->marks = 0;
    safetext->column += n;
    return buf_append(out, text, n);
}

/* A message padded with NULs must not fill the screen. */
static int put_form(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    char form[FORM_MAX];

    if (safetext->run && safetext->formed == scalar && safetext->run < UINT32_MAX) {
        safetext->run++;
        return 0;
    }
    if (put_ascii(safetext, form, (unsigned)write_form(form, scalar), out) < 0)
        return -1;
    safetext->formed = scalar;
    safetext->run = 1;
    return 0;
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

    if (release_run(safetext, out) < 0) /* the column of its end counts */
        return -1;
    return put_ascii(safetext, blanks, TAB_STOP - safetext->column % TAB_STOP, out);
}

static int put_line_end(struct safetext *safetext, struct buf *out)
{
    if (release_run(safetext, out) < 0)
        return -1;
    *safetext = (struct safetext){0};
    return buf_append(out, "\n", 1);
}

static int put_kind(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    switch (visibility_of(scalar)) {
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

/* A joiner stays one only in front of a visible character; `next` is 0 where none follows. */
static int release_joiner(struct safetext *safetext, uint32_t next, struct buf *out)
{
    uint32_t joiner = safetext->joiner;

    if (!joiner)
        return 0;
    safetext->joiner = 0;
    return visibility_of(next) == VISIBLE ? put_scalar(safetext, joiner, out)
                                          : put_form(safetext, joiner, out);
}

static int release_cr(struct safetext *safetext, bool line_ends, struct buf *out)
{
    bool held = safetext->after_cr;

    safetext->after_cr = false;
    return held && !line_ends ? put_form(safetext, '\r', out) : 0;
}

static int push_scalar(struct safetext *safetext, uint32_t scalar, struct buf *out)
{
    if (release_joiner(safetext, scalar, out) < 0 || release_cr(safetext, scalar == '\n', out) < 0)
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
    return release_joiner(safetext, 0, out) < 0 || release_cr(safetext, false, out) < 0
               ? -1
               : release_run(safetext, out);
}

/* ---- rows ---- */

static size_t span_of_plain(const unsigned char *text, size_t n)
{
    size_t length = 0;

    while (length < n && text[length] >= 0x20 && text[length] < 0x7F)
        length++;
    return length;
}

/* As safetext_push, but LF and CR are controls like any other. Most text is printable ASCII, which
 * is copied in one piece. */
static int make_safe(const unsigned char *text, size_t n, struct buf *out)
{
    struct safetext safetext = {0};
    struct utf8_char next;

    while (n) {
        size_t plain = span_of_plain(text, n);

        if (plain && (release_joiner(&safetext, *text, out) < 0 ||
                      put_ascii(&safetext, (const char *)text, (unsigned)plain, out) < 0))
            return -1;
        text += plain;
        n -= plain;
        if (utf8_take(&text, &n, &next) &&
            (release_joiner(&safetext, next.scalar, out) < 0 ||
             (next.scalar == '\t' ? put_tab(&safetext, out)
                                  : put_kind(&safetext, next.scalar, out)) < 0))
            return -1;
    }
    return release_joiner(&safetext, 0, out) < 0 ? -1 : release_run(&safetext, out);
}

int safetext_rows(const struct rows_layout *layout, const void *text, size_t n, struct buf *out)
{
    struct buf safe;
    int failed;

    if (layout->columns == UINT_MAX)
        return make_safe(text, n, out);
    buf_init(&safe, out->cap);
    failed = make_safe(text, n, &safe);
    if (!failed)
        failed = rows_put(layout, buf_bytes(&safe), buf_length(&safe), out);
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

    if (release_joiner(safetext, is_text ? next.scalar : 0, out) == 0 &&
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
    if (release_joiner(&safetext, 0, &buf) == 0)
        release_run(&safetext, &buf);
    out[buf.end] = '\0';
}
