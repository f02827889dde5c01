/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The safe form of a text: as one line in a short and a long buffer, as a stream with any cuts, and
 * in rows. The first byte gives the size of the short buffer and the layout of the rows. */
#include "fuzz.h"

#include <stdbool.h>
#include <utf8proc.h>

#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"

enum {
    LONGEST = 1000,
    ROOM = 16 * LONGEST, /* a TAB becomes eight blanks, the longest form of a byte */
    FORM = 8 + 10 + 7,   /* the longest form, the one of a held-back joiner, the longest count */
};

static bool is_harmless(uint32_t scalar, bool lf)
{
    if (scalar == 0x200C || scalar == 0x200D) /* the unit test checks their places */
        return true;
    switch (utf8proc_category((utf8proc_int32_t)scalar)) {
    case UTF8PROC_CATEGORY_CF: /* U+0600 and the like are visible */
        return utf8proc_get_property((utf8proc_int32_t)scalar)->boundclass ==
               UTF8PROC_BOUNDCLASS_PREPEND;
    case UTF8PROC_CATEGORY_CC: return lf && scalar == '\n';
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
    }
}

static void check_harmless(const unsigned char *bytes, size_t n, bool lf)
{
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next)) {
        CLAIM(next.status == UTF8_GOOD);
        CLAIM(is_harmless(next.scalar, lf));
    }
}

/* ---- one line ---- */

/* The memory has this size, so that a sanitizer sees a write behind it. */
static char *safe_copy(size_t size, const char *line)
{
    char *out = malloc(size);

    CLAIM(out);
    memset(out, 0xA5, size);
    safetext_line(out, size, line);
    CLAIM(memchr(out, '\0', size));
    check_harmless((const unsigned char *)out, strlen(out), false);
    return out;
}

static void check_line(size_t room, const char *line)
{
    char *whole = safe_copy(ROOM, line), *again = safe_copy(ROOM, whole);
    char *part = safe_copy(room, line);

    CLAIM(!strcmp(whole, again));
    CLAIM(!strncmp(whole, part, strlen(part)));
    CLAIM(strlen(whole) < room ? !strcmp(whole, part) : room - strlen(part) <= FORM);
    free(whole);
    free(again);
    free(part);
}

/* ---- a stream ---- */

/* Appends the good characters of n bytes. */
static void append_valid(struct buf *text, const uint8_t *bytes, size_t n)
{
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        if (next.status == UTF8_GOOD)
            CLAIM(buf_append(text, next.bytes, next.length) == 0);
}

static void push_whole(const struct buf *text, struct buf *out)
{
    struct safetext safetext = {0};

    CLAIM(safetext_push(&safetext, buf_bytes(text), buf_length(text), true, out) == 0);
}

static void push_characters(const struct buf *text, struct buf *out)
{
    struct safetext safetext = {0};
    const unsigned char *bytes = buf_bytes(text);
    size_t left = buf_length(text);

    while (left) {
        size_t length = utf8_next(bytes, left).length;

        CLAIM(safetext_push(&safetext, bytes, length, false, out) == 0);
        bytes += length;
        left -= length;
    }
    CLAIM(safetext_push(&safetext, "", 0, true, out) == 0);
}

static void check_stream(const struct buf *text)
{
    struct buf whole, cut, again;

    buf_init(&whole, ROOM);
    buf_init(&cut, ROOM);
    buf_init(&again, ROOM);
    push_whole(text, &whole);
    push_characters(text, &cut);
    push_whole(&whole, &again);
    check_harmless(buf_bytes(&whole), buf_length(&whole), true);
    CLAIM(buf_length(&whole) == buf_length(&cut) && buf_length(&whole) == buf_length(&again));
    if (buf_length(&whole)) {
        CLAIM(!memcmp(buf_bytes(&whole), buf_bytes(&cut), buf_length(&whole)));
        CLAIM(!memcmp(buf_bytes(&whole), buf_bytes(&again), buf_length(&whole)));
    }
    buf_fini(&whole);
    buf_fini(&cut);
    buf_fini(&again);
}

/* ---- rows ---- */

/* Returns the end of the row. */
static const unsigned char *check_row(const struct rows_layout *layout, unsigned column,
                                      const unsigned char *row, const unsigned char *end)
{
    while (row < end && *row != '\n') {
        struct utf8_char next = utf8_next(row, (size_t)(end - row));

        column += width_of(next.scalar);
        row += next.length;
    }
    CLAIM(column <= layout->columns);
    return row;
}

static void check_rows(const struct rows_layout *layout, const struct buf *text)
{
    struct buf rows;
    const unsigned char *row, *end;

    buf_init(&rows, 4 * ROOM);
    CLAIM(safetext_rows(layout, buf_bytes(text), buf_length(text), &rows) == 0);
    check_harmless(buf_bytes(&rows), buf_length(&rows), true);
    row = buf_bytes(&rows);
    end = row + buf_length(&rows);
    for (row = check_row(layout, layout->taken, row, end); row < end;) {
        CLAIM((size_t)(end - ++row) >= strlen(layout->margin));
        CLAIM(!memcmp(row, layout->margin, strlen(layout->margin)));
        row = check_row(layout, 0, row, end);
    }
    buf_fini(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    uint8_t choice = input_byte(&input);
    struct rows_layout layout = {.columns = 8 + choice % 64, .taken = choice / 64, .margin = "| "};
    struct buf text;
    char *line;

    layout.margin_columns = (unsigned)strlen(layout.margin);
    if (input.left > LONGEST)
        return 0;
    buf_init(&text, LONGEST);
    append_valid(&text, input.bytes, input.left);
    check_stream(&text);
    check_rows(&layout, &text);
    buf_fini(&text);
    if ((line = input_word(&input)))
        check_line(1 + (size_t)choice, line);
    free(line);
    return 0;
}
