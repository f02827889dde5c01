/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/literal_parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "text/literal_field.h"
#include "text/utf8.h"

enum {
    SCALAR_DIGITS = 6,
    LAST_SCALAR = 0x10FFFF,
    SURROGATES = 0xD800,
    BEHIND_SURROGATES = 0xE000,
};

/* ---- escapes ---- */

static int parse_byte(struct literal_parser *parser, const char *escape)
{
    int high = parser->at < parser->end ? ascii_hex(parser->at[0]) : -1;
    int low = high >= 0 && parser->at + 1 < parser->end ? ascii_hex(parser->at[1]) : -1;
    unsigned char byte;

    if (low < 0)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: \\x takes two hex digits, such as \\x0D",
                       literal_column(parser, escape));
    byte = (unsigned char)(high << 4 | low);
    parser->at += 2;
    return literal_add_bytes(parser, LITERAL_BYTES, &byte, 1);
}

static int parse_scalar(struct literal_parser *parser, const char *escape)
{
    unsigned char bytes[UTF8_MAX];
    uint32_t scalar = 0;
    int digits = 0, value;

    if (parser->at < parser->end && *parser->at == '{')
        for (parser->at++; digits <= SCALAR_DIGITS && parser->at < parser->end &&
                           (value = ascii_hex(*parser->at)) >= 0;
             parser->at++, digits++)
            scalar = scalar << 4 | (uint32_t)value;
    if (!digits || digits > SCALAR_DIGITS || parser->at == parser->end || *parser->at != '}' ||
        scalar > LAST_SCALAR || (scalar >= SURROGATES && scalar < BEHIND_SURROGATES))
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: \\u takes the number of a character, such as \\u{4F60}",
                       literal_column(parser, escape));
    parser->at++;
    return literal_add_bytes(parser, LITERAL_TEXT, bytes, utf8_put(scalar, bytes));
}

static int complain_of_escape(const struct literal_parser *parser, const char *escape)
{
    size_t left = (size_t)(parser->end - escape - 1), length = 0;

    if (left)
        length = utf8_next((const unsigned char *)escape + 1, left).length;
    if (!left)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: nothing is behind the backslash; a backslash is \\\\",
                       literal_column(parser, escape));
    return err_set(parser->err, ERR_USAGE,
                   "column %zu: '%.*s' is none of \\n \\r \\t \\0 \\\\ \\{ \\xHH \\u{H}",
                   literal_column(parser, escape), (int)length + 1, escape);
}

/* The characters of ASCII are the same in every charset, so that text is not parted by them. */
static int parse_escape(struct literal_parser *parser)
{
    static const char names[] = "nrt0\\{", values[] = "\n\r\t\0\\{";
    const char *escape = parser->at++, *name;
    char c = '\0';

    if (parser->at < parser->end)
        c = *parser->at++;
    if (c == 'x')
        return parse_byte(parser, escape);
    if (c == 'u')
        return parse_scalar(parser, escape);
    name = c ? strchr(names, c) : NULL;
    if (!name)
        return complain_of_escape(parser, escape);
    return literal_add_bytes(parser, LITERAL_TEXT, &values[name - names], 1);
}

/* ---- the whole ---- */

static int parse_text(struct literal_parser *parser)
{
    const char *from = parser->at;

    do
        parser->at++;
    while (parser->at < parser->end && *parser->at != '\\' && *parser->at != '{');
    return literal_add_bytes(parser, LITERAL_TEXT, from, (size_t)(parser->at - from));
}

static int parse(struct literal_parser *parser)
{
    while (parser->at < parser->end) {
        int result;

        if (*parser->at == '\\')
            result = parse_escape(parser);
        else if (*parser->at == '{' && literal_field_begins(parser))
            result = literal_field_parse(parser);
        else
            result = parse_text(parser);
        if (result < 0)
            return -1;
    }
    return 0;
}

struct literal *literal_parse(const char *text, size_t n, size_t column, unsigned captures,
                              struct err *err)
{
    struct literal *literal = calloc(1, sizeof *literal);
    struct literal_parser parser = {.literal = literal,
                                    .first = text,
                                    .at = text,
                                    .end = text + n,
                                    .column = column,
                                    .captures = captures,
                                    .err = err};

    if (!literal) {
        err_memory(err);
        return NULL;
    }
    literal->holders = 1;
    buf_init(&literal->bytes, SIZE_MAX);
    if (parse(&parser) < 0) {
        literal_free(literal);
        return NULL;
    }
    return literal;
}
