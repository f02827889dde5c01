/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/recording.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/language.h"
#include "text/json.h"

static const char *const ways[] = {
    [RECORDING_OPEN] = "open", [RECORDING_IN] = "in", [RECORDING_OUT] = "out"};

enum { WAYS = sizeof ways / sizeof *ways };

/* ---- writing ---- */

static int put(struct buf *line, const char *text)
{
    return buf_append(line, text, strlen(text));
}

int recording_begin(enum recording_way way, const struct timespec *at, unsigned connection,
                    const char *peer, struct buf *line)
{
    char head[JSON_TIME], tail[60];

    json_time(at, head);
    snprintf(tail, sizeof tail, "\",\"connection\":%u,\"peer\":", connection);
    if (put(line, "{\"time\":\"") < 0 || put(line, head) < 0 || put(line, tail) < 0 ||
        json_string(peer, strlen(peer), line) < 0)
        return -1;
    snprintf(tail, sizeof tail, ",\"direction\":\"%s\"%s", ways[way],
             way == RECORDING_OPEN ? "" : ",\"bytes\":\"");
    return put(line, tail);
}

int recording_end(enum recording_way way, bool breaks, struct buf *line)
{
    return put(line, way == RECORDING_OPEN ? "}\n"
                     : breaks              ? "\",\"how\":\"broken_off\"}\n"
                                           : "\"}\n");
}

/* ---- the parts of JSON ---- */

struct reader {
    char *text;
    size_t at, n;
    struct err *err;
};

/* The sentence is a message of gettext. */
static int refuse(const struct reader *reader, size_t at, const char *sentence)
{
    return err_set(reader->err, ERR_USAGE, N_("column %zu: %s"), at + 1, language_text(sentence));
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->n && reader->text[reader->at] &&
           strchr(" \t\r", reader->text[reader->at]))
        reader->at++;
}

static char next_of(const struct reader *reader)
{
    return reader->at < reader->n ? reader->text[reader->at] : '\0';
}

static bool take(struct reader *reader, char mark)
{
    skip_blanks(reader);
    if (reader->at == reader->n || reader->text[reader->at] != mark)
        return false;
    reader->at++;
    return true;
}

/* A value: a string without its quotes and escapes, or a word such as 12 or true. */
struct value {
    size_t at; /* in the line, for columns */
    char *text;
    size_t n;
    bool is_string;
};

/* The four digits behind \u. Only ASCII matters to a recording; '?' stands for the others. */
static int read_unit(struct reader *reader, char *letter)
{
    unsigned unit = 0;

    for (int i = 0; i < 4; i++, reader->at++) {
        int digit = ascii_hex(next_of(reader));

        if (digit < 0)
            return refuse(reader, reader->at, N_("\\u takes four hexadecimal digits"));
        unit = unit << 4 | (unsigned)digit;
    }
    *letter = unit && unit < 0x80 ? (char)unit : '?';
    return 0;
}

static int read_escape(struct reader *reader, char *letter)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    char typed = next_of(reader);

    if (typed == 'u') {
        reader->at++;
        return read_unit(reader, letter);
    }
    for (const char *escape = escapes; *escape; escape += 2)
        if (typed == *escape) {
            *letter = escape[1];
            reader->at++;
            return 0;
        }
    return refuse(reader, reader->at, N_("JSON has no such escape"));
}

/* In place, because the text only gets shorter. */
static int read_string(struct reader *reader, struct value *value)
{
    size_t begin = reader->at, end = begin;
    char letter;

    *value = (struct value){.at = begin, .text = reader->text + begin, .is_string = true};
    while (reader->at < reader->n && reader->text[reader->at] != '"') {
        letter = reader->text[reader->at++];
        if ((unsigned char)letter < ' ')
            return refuse(reader, reader->at - 1, N_("a string of JSON has no control characters"));
        if (letter == '\\' && read_escape(reader, &letter) < 0)
            return -1;
        reader->text[end++] = letter;
    }
    if (!take(reader, '"'))
        return refuse(reader, reader->at, N_("the line ends within a string"));
    value->n = end - begin;
    return 0;
}

static bool is_word_letter(char letter)
{
    return ascii_is_letter(letter) || ascii_is_digit(letter) || (letter && strchr("+-.", letter));
}

static int read_value(struct reader *reader, struct value *value)
{
    if (take(reader, '"'))
        return read_string(reader, value);
    *value = (struct value){.at = reader->at, .text = reader->text + reader->at};
    while (is_word_letter(next_of(reader)))
        reader->at++;
    value->n = reader->at - value->at;
    if (value->n)
        return 0;
    return refuse(reader, reader->at,
                  next_of(reader) == '{' || next_of(reader) == '['
                      ? N_("a line of a recording has neither objects nor arrays in it")
                      : N_("a value is missing here"));
}

/* ---- the members ---- */

static bool is(const struct value *value, const char *text)
{
    return value->n == strlen(text) && !memcmp(value->text, text, value->n);
}

static int read_direction(struct reader *reader, const struct value *value,
                          struct recording_line *line)
{
    for (int way = 0; way < WAYS; way++)
        if (value->is_string && is(value, ways[way])) {
            line->way = (enum recording_way)way;
            return 0;
        }
    return refuse(reader, value->at, N_("the direction is \"open\", \"in\" or \"out\""));
}

static int read_connection(struct reader *reader, const struct value *value,
                           struct recording_line *line)
{
    unsigned number = 0;

    for (size_t i = 0; i < value->n && number <= RECORDING_CONNECTIONS; i++)
        number = ascii_is_digit(value->text[i]) ? number * 10 + (unsigned)(value->text[i] - '0')
                                                : RECORDING_CONNECTIONS + 1;
    if (value->is_string || !number || number > RECORDING_CONNECTIONS)
        return refuse(reader, value->at, N_("the connection is a number from 1 to 65536"));
    line->connection = number;
    return 0;
}

static int read_bytes(struct reader *reader, const struct value *value, struct recording_line *line)
{
    if (!value->is_string)
        return refuse(reader, value->at, N_("the bytes are a string of base64"));
    line->bytes = (unsigned char *)value->text;
    if (base64_read(value->text, value->n, &line->n) < 0)
        return refuse(reader, value->at + line->n, N_("this is no base64"));
    return 0;
}

static int read_how(struct reader *reader, const struct value *value, struct recording_line *line)
{
    line->breaks = is(value, "broken_off");
    if (value->is_string && (line->breaks || is(value, "closed")))
        return 0;
    return refuse(reader, value->at, N_("the how is \"closed\" or \"broken_off\""));
}

/* -1: other letters stand there than `form` has, in which 0 is a digit. */
static int match(const char *text, const char *form, unsigned *fields)
{
    for (; *form; form++, text++) {
        if (*form == '0' ? !ascii_is_digit(*text) : *form != *text)
            return -1;
        if (*form == '0') {
            *fields = *fields * 10 + (unsigned)(*text - '0');
        } else {
            *++fields = 0;
        }
    }
    return 0;
}

/* Year, month, day, hour, minute, second; a leap second may be one. */
static bool is_date(const unsigned f[6])
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leaps = f[0] % 4 == 0 && (f[0] % 100 || f[0] % 400 == 0);

    return f[1] >= 1 && f[1] <= 12 && f[2] >= 1 &&
           f[2] <= days[f[1] - 1] + (unsigned)(leaps && f[1] == 2) && f[3] <= 23 && f[4] <= 59 &&
           f[5] <= 60;
}

/* RFC 3339 in UTC, with any fraction of a second. */
static int read_time(struct reader *reader, const struct value *value, struct recording_line *line)
{
    static const char form[] = "0000-00-00T00:00:00";
    enum { LENGTH = sizeof form - 1 };
    unsigned f[6] = {0};
    int64_t micros = 0;
    size_t at = LENGTH;
    struct tm utc;

    if (!value->is_string || value->n <= LENGTH || match(value->text, form, f) < 0)
        return refuse(reader, value->at, N_("the time is written 2026-11-28T16:02:11.482913Z"));
    utc = (struct tm){.tm_year = (int)f[0] - 1900,
                      .tm_mon = (int)f[1] - 1,
                      .tm_mday = (int)f[2],
                      .tm_hour = (int)f[3],
                      .tm_min = (int)f[4],
                      .tm_sec = (int)f[5]};
    if (!is_date(f))
        return refuse(reader, value->at, N_("there is no such time"));
    if (value->text[at] == '.')
        for (int64_t unit = 100000; ++at < value->n && ascii_is_digit(value->text[at]); unit /= 10)
            micros += unit * (value->text[at] - '0');
    if (at + 1 != value->n || value->text[at] != 'Z')
        return refuse(reader, value->at + at, N_("the time ends with Z, since it is UTC"));
    line->at = (int64_t)timegm(&utc) * 1000000 + micros;
    line->has_time = true;
    return 0;
}

/* A member that is not known is left out. */
static int read_member(struct reader *reader, struct recording_line *line, unsigned *seen)
{
    static const struct {
        const char *name;
        int (*read)(struct reader *reader, const struct value *value, struct recording_line *line);
    } members[] = {{"direction", read_direction},
                   {"connection", read_connection},
                   {"bytes", read_bytes},
                   {"how", read_how},
                   {"time", read_time}};
    struct value name, value;

    skip_blanks(reader);
    if (!take(reader, '"'))
        return refuse(reader, reader->at, N_("a name in quotes was expected"));
    if (read_string(reader, &name) < 0)
        return -1;
    if (!take(reader, ':'))
        return refuse(reader, reader->at, N_("a colon was expected"));
    if (read_value(reader, &value) < 0)
        return -1;
    for (unsigned m = 0; m < sizeof members / sizeof *members; m++)
        if (is(&name, members[m].name)) {
            if (*seen & 1u << m)
                return refuse(reader, name.at - 1, N_("this name stands here for the second time"));
            *seen |= 1u << m;
            return members[m].read(reader, &value, line);
        }
    return 0;
}

int recording_read(char *text, size_t n, struct recording_line *line, struct err *err)
{
    struct reader reader = {.text = text, .n = n, .err = err};
    unsigned seen = 0; /* by the members of read_member: the first is the direction */

    *line = (struct recording_line){.connection = 1};
    if (!take(&reader, '{'))
        return refuse(&reader, reader.at, N_("a line of a recording begins with {"));
    do
        if (read_member(&reader, line, &seen) < 0)
            return -1;
    while (take(&reader, ','));
    if (!take(&reader, '}'))
        return refuse(&reader, reader.at, N_("a comma or a } was expected"));
    skip_blanks(&reader);
    if (reader.at < n)
        return refuse(&reader, reader.at, N_("nothing stands behind the }"));
    if (!(seen & 1) || (!line->bytes && line->way != RECORDING_OPEN))
        return refuse(&reader, n, N_("the line has no \"direction\", or no \"bytes\""));
    return 0;
}
