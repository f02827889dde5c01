/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/rows.h"

#include <string.h>

#include "text/utf8.h"
#include "text/visibility.h"
#include "text/width.h"

/* Many terminals draw a character in two columns if U+FE0F follows it. */
static unsigned width_in_row(const struct utf8_char *character, const unsigned char *rest,
                             size_t left)
{
    unsigned width = width_of(character->scalar);

    if (width == 1 && visibility_of(character->scalar) == VISIBLE && left &&
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

    if (visibility_of(base->scalar) != MARK)
        while (utf8_take(&rest, &left, &next) && visibility_of(next.scalar) == MARK)
            width += width_of(next.scalar);
    return width;
}

static int begin_row(const struct rows_layout *layout, unsigned *column, struct buf *out)
{
    *column = layout->margin_columns;
    return buf_append(out, "\n", 1) < 0 ||
                   buf_append(out, layout->margin, strlen(layout->margin)) < 0
               ? -1
               : 0;
}

static size_t span_of_blanks(const unsigned char *text, size_t n)
{
    size_t length = 0;

    while (length < n && text[length] == ' ')
        length++;
    return length;
}

/* Letters of Han, Kana and Hangul, and the punctuation between them. */
static bool is_east_asian(uint32_t scalar)
{
    return (scalar >= 0x2E80 && scalar <= 0x9FFF) || (scalar >= 0xAC00 && scalar <= 0xD7A3) ||
           (scalar >= 0xF900 && scalar <= 0xFAFF) || (scalar >= 0xFF00 && scalar <= 0xFF60) ||
           (scalar >= 0x20000 && scalar <= 0x3FFFD);
}

static bool is_one_of(uint32_t scalar, const char *list)
{
    const unsigned char *text = (const unsigned char *)list;
    size_t left = strlen(list);
    struct utf8_char next;

    while (utf8_take(&text, &left, &next))
        if (next.scalar == scalar)
            return true;
    return false;
}

/* Such letters are not parted by blanks: a row may end behind each. It begins with no closing
 * punctuation and ends with no opening one (Requirements for Chinese Text Layout, 3.1.3). */
static bool may_end_between(uint32_t before, uint32_t after)
{
    return (is_east_asian(before) || is_east_asian(after)) && width_of(before) && width_of(after) &&
           !is_one_of(after, ",.;:?!)]}>%'\"、。，；：？！）】》」』〉”’…—·") &&
           !is_one_of(before, "([{<'\"（【《「『〈“‘—");
}

/* Up to a blank, or to another place where a row may end. */
static size_t span_of_word(const unsigned char *text, size_t n)
{
    const unsigned char *at = text;
    struct utf8_char next;
    uint32_t before = 0;

    while (n && *at != ' ') {
        uint32_t after = utf8_next(at, n).scalar;

        if (before && may_end_between(before, after))
            break;
        before = after;
        utf8_take(&at, &n, &next);
    }
    return (size_t)(at - text);
}

static unsigned width_of_word(const unsigned char *text, size_t n)
{
    unsigned width = 0;
    struct utf8_char next;

    while (utf8_take(&text, &n, &next))
        width += width_in_row(&next, text, n);
    return width;
}

/* A place in a text that is broken by words. */
struct place {
    const unsigned char *text; /* n bytes that follow */
    size_t n;
    uint32_t before; /* the character in front of it */
    unsigned column;
};

/* Whether a new row begins here, because the word does not fit this row and fits the next one.
 * *blanks: the blanks that the row end replaces. */
static bool ends_by_words(const struct rows_layout *layout, const struct place *place,
                          size_t *blanks)
{
    const unsigned char *text = place->text;
    size_t word;
    unsigned width;

    *blanks = layout->by_words ? span_of_blanks(text, place->n) : 0;
    text += *blanks;
    if (!layout->by_words || *blanks == place->n ||
        (!*blanks && !may_end_between(place->before, utf8_next(text, place->n).scalar)))
        return false;
    word = span_of_word(text, place->n - *blanks);
    width = width_of_word(text, word);
    if (visibility_of(utf8_next(text, word).scalar) == MARK)
        return false; /* the mark combines with the last blank */
    return place->column + *blanks + width > layout->columns &&
           layout->margin_columns + width <= layout->columns;
}

int rows_put(const struct rows_layout *layout, const unsigned char *text, size_t n, struct buf *out)
{
    struct place place = {text, n, 0, layout->taken};
    struct utf8_char next;

    while (place.n) {
        size_t blanks;
        bool ends = ends_by_words(layout, &place, &blanks);

        if (ends) {
            place.text += blanks;
            place.n -= blanks;
        }
        utf8_take(&place.text, &place.n, &next);
        ends |= place.column + width_of_cluster(&next, place.text, place.n) > layout->columns &&
                place.column > layout->margin_columns;
        if ((ends && begin_row(layout, &place.column, out) < 0) ||
            buf_append(out, next.bytes, next.length) < 0)
            return -1;
        place.column += width_in_row(&next, place.text, place.n);
        place.before = next.scalar;
    }
    return 0;
}
