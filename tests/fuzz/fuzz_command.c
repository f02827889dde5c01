/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A typed line: the first byte chooses the audience, the rest is the line, up to a NUL. Parsed
 * pieces lie in the line, a second slash makes text, and completion works at every cursor. */
#include "fuzz.h"

#include <stdbool.h>

#include "text/command.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static void claim_within(struct word piece, const char *line)
{
    size_t length = strlen(line);

    CLAIM(piece.at >= line && piece.at <= line + length);
    CLAIM(piece.n <= (size_t)(line + length - piece.at));
}

static void check_argument(const struct command_line *parsed, size_t index, const char *line)
{
    struct word piece = parsed->arguments[index];

    claim_within(piece, line);
    CLAIM(piece.n && !is_blank(piece.at[0]) && !is_blank(piece.at[piece.n - 1]));
    CLAIM(parsed->row->takes[index]);
    CLAIM(piece.at > parsed->word.at);
    CLAIM(!index || piece.at > parsed->arguments[index - 1].at);
}

static void check_call(const struct command_line *parsed, bool good, const char *line)
{
    CLAIM(parsed->row && parsed->count <= COMMAND_ARGUMENTS);
    CLAIM(strlen(parsed->row->name) == parsed->word.n);
    CLAIM(!memcmp(parsed->row->name, parsed->word.at, parsed->word.n));
    CLAIM(!good || parsed->count >= parsed->row->least);
    for (size_t i = 0; i < parsed->count; i++)
        check_argument(parsed, i, line);
}

static void check_parsed(const struct command_line *parsed, bool good, const char *line,
                         enum command_audience audience)
{
    claim_within(parsed->text, line);
    CLAIM(!parsed->row || parsed->row->audiences & audience);
    if (parsed->kind == COMMAND_IS_TEXT) {
        CLAIM(good && !parsed->row && !parsed->word.n && !parsed->count);
        return;
    }
    claim_within(parsed->word, line);
    CLAIM(parsed->word.n && parsed->text.at == line);
    if (parsed->kind == COMMAND_IS_CALL)
        check_call(parsed, good, line);
    else
        CLAIM(good && !parsed->count && (parsed->row || parsed->kind == COMMAND_IS_UNKNOWN));
}

static void check_line(const char *line, enum command_audience audience)
{
    struct err err = {0};
    struct command_line parsed;
    bool good = command_parse(line, audience, &parsed, &err) == 0;

    check_parsed(&parsed, good, line, audience);
    CLAIM(good == !*err.sentence && good == (err.kind == ERR_NONE));
}

/* A second slash makes text of every line that begins with a slash. */
static void check_escape(const char *line, enum command_audience audience)
{
    size_t length = strlen(line);
    char *escaped = malloc(length + 2);
    struct command_line parsed;

    CLAIM(escaped);
    *escaped = '/';
    memcpy(escaped + 1, line, length + 1);
    CLAIM(*line != '/' || command_parse(escaped, audience, &parsed, NULL) == 0);
    CLAIM(*line != '/' || parsed.kind == COMMAND_IS_TEXT);
    CLAIM(*line != '/' || (parsed.text.n == length && parsed.text.at == escaped + 1));
    free(escaped);
}

static void check_matches(const char *prefix, size_t n, enum command_audience audience)
{
    const struct command_row *row = NULL, *before = NULL;

    for (; (row = command_next(row, audience, prefix, n)); before = row) {
        CLAIM(row > before && row->audiences & audience);
        CLAIM(strlen(row->name) >= n && !memcmp(row->name, prefix, n));
    }
}

/* The memory ends at the cursor, because bytes behind it must not count. */
static void check_cursor(const char *line, size_t n, enum command_audience audience)
{
    char *text = malloc(n ? n : 1);
    struct command_completion completion;

    CLAIM(text);
    memcpy(text, line, n);
    completion = command_complete(text, n, audience);
    CLAIM(!completion.kinds || completion.kinds == COMPLETES_ADDRESSEE ||
          (*text == '/' && completion.start && completion.start <= n));
    CLAIM(completion.kinds != COMPLETES_ADDRESSEE || (n && *text != '/' && !completion.start));
    if (completion.kinds & COMPLETES_COMMAND)
        check_matches(text + completion.start, n - completion.start, audience);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    enum command_audience audience = (enum command_audience)(1 << input_byte(&input) % 5);
    char *line = input_word(&input);
    size_t length = line ? strlen(line) : 0;

    if (!line)
        return 0;
    check_line(line, audience);
    check_escape(line, audience);
    for (size_t n = 0; n <= length && n <= 64; n++)
        check_cursor(line, n, audience);
    free(line);
    return 0;
}
