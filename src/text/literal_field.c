/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/literal_field.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "text/fixed_width.h"
#include "text/suggest.h"
#include "text/word.h"

enum {
    NAME = 32,         /* longer than any word of a field */
    OFFSET_DIGITS = 6, /* of from and to */
    TIME_FORM = 64,
};

/* The word in a sentence is cut; no caller tells whole ones by it. */
static int shown(struct word word)
{
    return word.n < NAME ? (int)word.n : NAME;
}

/* ---- words ---- */

/* Takes the next word off a field; it is empty at the end. */
static struct word take_word(struct word *left)
{
    struct word word;

    while (left->n && *left->at == ' ')
        left->at++, left->n--;
    word = (struct word){left->at, 0};
    while (word.n < left->n && word.at[word.n] != ' ')
        word.n++;
    left->at += word.n;
    left->n -= word.n;
    return word;
}

static bool read_offset(struct word word, long *offset)
{
    char digits[OFFSET_DIGITS + 2];
    bool negative = word.n && *word.at == '-';

    if (word.n >= sizeof digits || word.n <= (size_t)negative)
        return false;
    memcpy(digits, word.at, word.n);
    digits[word.n] = '\0';
    *offset = ascii_number(digits + negative, OFFSET_DIGITS);
    if (*offset < 0)
        return false;
    *offset = negative ? -*offset : *offset;
    return true;
}

/* Reads "u16be", and "+N" or "-N" behind it where `more` is not NULL. */
static bool read_type(struct word word, struct literal_number *number, int *more)
{
    struct fixed_width form;
    size_t n = fixed_width_find(word.at, word.n, &form);

    number->bytes = form.bytes;
    number->low_first = form.low_first;
    return n && (more ? fixed_width_read_more(word.at + n, word.n - n, more) : n == word.n);
}

/* ---- fields ---- */

static int parse_hex(struct literal_parser *parser, struct word left)
{
    const char *first = left.at;
    struct word word;
    bool any = false;

    while ((word = take_word(&left)).n) {
        for (size_t i = 0; i < word.n; i += 2) {
            int high = ascii_hex(word.at[i]);
            int low = high >= 0 && i + 1 < word.n ? ascii_hex(word.at[i + 1]) : -1;
            unsigned char byte;

            if (low < 0)
                return err_set(parser->err, ERR_USAGE,
                               "column %zu: {hex} takes pairs of hex digits, such as "
                               "{hex 01 03 00 0A}",
                               literal_column(parser, word.at + i + (high >= 0)));
            byte = (unsigned char)(high << 4 | low);
            if (literal_add_bytes(parser, LITERAL_BYTES, &byte, 1) < 0)
                return -1;
        }
        any = true;
    }
    if (!any)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: {hex} takes pairs of hex digits, such as {hex 01 03 00 0A}",
                       literal_column(parser, first));
    return 0;
}

static struct literal_piece *add_number(struct literal_parser *parser, enum literal_kind kind,
                                        const char *brace)
{
    struct literal_piece *piece;

    if (parser->literal->numbers == LITERAL_NUMBERS) {
        err_set(parser->err, ERR_USAGE,
                "column %zu: a literal has at most %d lengths and checksums",
                literal_column(parser, brace), LITERAL_NUMBERS);
        return NULL;
    }
    piece = literal_add_piece(parser, kind, brace);
    if (piece)
        parser->literal->numbers++;
    return piece;
}

static int parse_length(struct literal_parser *parser, const char *brace, struct word left)
{
    struct literal_piece *piece = add_number(parser, LITERAL_LENGTH, brace);
    struct word word;

    if (!piece)
        return -1;
    while ((word = take_word(&left)).n)
        if (!piece->number.hex && word_is(word, "hex"))
            piece->number.hex = true;
        else if (piece->number.bytes || !read_type(word, &piece->number, &piece->more))
            break;
    if (!word.n && piece->number.bytes)
        return 0;
    return err_set(parser->err, ERR_USAGE,
                   "column %zu: {len} takes u8, u16be, u16le, u32be or u32le, perhaps with +N or "
                   "-N up to 65536, and hex",
                   literal_column(parser, word.at));
}

static int parse_count(struct literal_parser *parser, const char *brace, struct word left)
{
    struct literal_piece *piece = literal_add_piece(parser, LITERAL_COUNT, brace);
    struct word word;

    if (!piece)
        return -1;
    parser->literal->counts = true;
    while ((word = take_word(&left)).n)
        if (piece->number.bytes && !piece->number.hex && word_is(word, "hex"))
            piece->number.hex = true;
        else if (piece->number.bytes || !read_type(word, &piece->number, NULL))
            return err_set(parser->err, ERR_USAGE,
                           "column %zu: {count} takes u8, u16be, u16le, u32be or u32le, and hex "
                           "behind that",
                           literal_column(parser, word.at));
    return 0;
}

static bool is_conversion_of_time(char c)
{
    return c && strchr("YymdHMSjs%", c);
}

/* The first mistake in the form of a time; NULL: it has none. */
static const char *mistake_of_form(struct word form)
{
    for (size_t i = 0; i < form.n; i++) {
        bool is_conversion = form.at[i] == '%';

        if (is_conversion && (++i == form.n || !is_conversion_of_time(form.at[i])))
            return form.at + i - 1;
        if (i >= TIME_FORM)
            return form.at + i;
    }
    return NULL;
}

static int parse_time(struct literal_parser *parser, const char *brace, struct word left)
{
    static const char usual[] = "%Y-%m-%d %H:%M:%S";
    struct literal_piece *piece = literal_add_piece(parser, LITERAL_TIME, brace);
    const char *mistake;

    if (!piece)
        return -1;
    if (left.n) /* the blank */
        left = (struct word){left.at + 1, left.n - 1};
    if ((mistake = mistake_of_form(left)))
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: {time} takes at most %d characters with %%Y %%y %%m %%d %%H "
                       "%%M %%S %%j %%s %%%%",
                       literal_column(parser, mistake), TIME_FORM);
    if (!left.n)
        left = (struct word){usual, sizeof usual - 1};
    piece->n = left.n;
    return buf_append(&parser->literal->bytes, left.at, left.n) < 0 ? err_memory(parser->err) : 0;
}

/* A word behind the name of a checksum, and the number that belongs to it. */
static bool read_part(struct literal_piece *piece, struct word word, struct word *left)
{
    if (word_is(word, "be") || word_is(word, "le"))
        piece->number.low_first = *word.at == 'l';
    else if (word_is(word, "hex"))
        piece->number.hex = true;
    else if (word_is(word, "from"))
        return read_offset(take_word(left), &piece->from);
    else if (word_is(word, "to"))
        return piece->has_to = read_offset(take_word(left), &piece->to);
    else
        return false;
    return true;
}

/* The order of a checksum is that of digits, too. */
static int parse_checksum(struct literal_parser *parser, const char *brace,
                          const struct checksum *checksum, struct word left)
{
    struct literal_piece *piece = add_number(parser, LITERAL_CHECKSUM, brace);
    struct word word;

    if (!piece)
        return -1;
    piece->checksum = checksum;
    piece->number =
        (struct literal_number){.bytes = checksum->bits / 8, .low_first = checksum->low_first};
    while ((word = take_word(&left)).n)
        if (!read_part(piece, word, &left))
            return err_set(parser->err, ERR_USAGE,
                           "column %zu: {%s} takes be, le, hex, from N and to N, not '%.*s'",
                           literal_column(parser, word.at), checksum->name, shown(word), word.at);
    return 0;
}

static int parse_capture(struct literal_parser *parser, const char *brace, struct word name,
                         struct word left)
{
    struct literal_piece *piece;
    unsigned capture = (unsigned)(*name.at - '0');

    if (!parser->captures)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: {%.*s} stands in rules only; a brace itself is \\{",
                       literal_column(parser, brace), shown(name), name.at);
    if (parser->captures == LITERAL_UNMATCHED)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: {%.*s} is empty: no pattern has matched before this line; a "
                       "brace itself is \\{",
                       literal_column(parser, brace), shown(name), name.at);
    if (name.n > 1 || left.n || capture >= parser->captures)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: there is no {%.*s}; {0} to {%u} are there",
                       literal_column(parser, brace), shown(name), name.at, parser->captures - 1);
    piece = literal_add_piece(parser, LITERAL_CAPTURE, brace);
    if (!piece)
        return -1;
    piece->capture = capture;
    return 0;
}

/* ---- the name of a field ---- */

/* "{crc16-modbus}, {crc16-arc}" for crc16; false: the name begins no other. */
static bool list_variants(const char *typed, char *list, size_t size)
{
    size_t n = strlen(typed), length = 0;

    for (size_t i = 0; i < checksum_count; i++) {
        const char *name = checksum_table[i].name;

        if (!strncmp(name, typed, n) && name[n] == '-' && length < size)
            length +=
                (size_t)snprintf(list + length, size - length, "%s{%s}", length ? ", " : "", name);
    }
    return length;
}

static int complain_of_name(const struct literal_parser *parser, const char *brace,
                            struct word name)
{
    static const char *const others[] = {"hex", "len", "count", "time"};
    char typed[NAME + 1], variants[256];
    struct suggest suggest = {.word = typed};

    memcpy(typed, name.at, (size_t)shown(name));
    typed[shown(name)] = '\0';
    if (list_variants(typed, variants, sizeof variants))
        return err_set(parser->err, ERR_USAGE, "column %zu: there is no {%s}; there are %s",
                       literal_column(parser, brace), typed, variants);
    for (size_t i = 0; i < checksum_count; i++)
        suggest_offer(&suggest, checksum_table[i].name);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        suggest_offer(&suggest, others[i]);
    if (suggest.name)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: there is no {%s}; {%s} is there, and a brace itself is \\{",
                       literal_column(parser, brace), typed, suggest.name);
    return err_set(parser->err, ERR_USAGE, "column %zu: there is no {%s}; a brace itself is \\{",
                   literal_column(parser, brace), typed);
}

static int parse_named(struct literal_parser *parser, const char *brace, struct word left)
{
    struct word name = take_word(&left);
    const struct checksum *checksum = checksum_find(name.at, name.n);

    if (checksum)
        return parse_checksum(parser, brace, checksum, left);
    if (ascii_is_digit(*name.at))
        return parse_capture(parser, brace, name, left);
    if (word_is(name, "hex"))
        return parse_hex(parser, left);
    if (word_is(name, "len"))
        return parse_length(parser, brace, left);
    if (word_is(name, "count"))
        return parse_count(parser, brace, left);
    if (word_is(name, "time"))
        return parse_time(parser, brace, left);
    return complain_of_name(parser, brace, name);
}

bool literal_field_begins(const struct literal_parser *parser)
{
    return parser->at + 1 < parser->end && literal_opens_field(parser->at[1]);
}

int literal_field_parse(struct literal_parser *parser)
{
    const char *brace = parser->at, *first = brace + 1;
    const char *last = memchr(first, '}', (size_t)(parser->end - first));

    if (!last)
        return err_set(parser->err, ERR_USAGE,
                       "column %zu: this brace opens a field, and no other one ends it; a brace "
                       "itself is \\{",
                       literal_column(parser, brace));
    parser->at = last + 1;
    return parse_named(parser, brace, (struct word){first, (size_t)(last - first)});
}
