/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/literal_input.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/language.h"
#include "text/literal_parse.h"
#include "text/utf8.h"

void literal_input_init(struct literal_input *input, struct charset *local, struct charset *utf8)
{
    *input = (struct literal_input){.local = local, .utf8 = utf8};
    buf_init(&input->bytes, SIZE_MAX / 2);
    buf_init(&input->text, 4 * LITERAL_INPUT_LINE);
}

void literal_input_fini(struct literal_input *input)
{
    buf_fini(&input->bytes);
    buf_fini(&input->text);
}

int literal_input_prefix(const struct literal_input *input, struct err *err)
{
    char source[64];

    snprintf(source, sizeof source, "%s:%zu", language_text(N_("standard input")), input->line);
    return err_prefix(err, source);
}

int literal_input_add(struct literal_input *input, const void *bytes, size_t n, bool last,
                      struct err *err)
{
    input->last = last;
    return buf_append(&input->bytes, bytes, n) < 0 ? err_memory(err) : 0;
}

/* Finds a line of n bytes and its end. */
static bool find_line(const struct literal_input *input, size_t *n, const char **end)
{
    const unsigned char *bytes = buf_bytes(&input->bytes);
    size_t length = buf_length(&input->bytes);
    const unsigned char *lf = length ? memchr(bytes, '\n', length) : NULL;

    if (!lf) {
        *n = length;
        *end = "";
        return input->last && length;
    }
    *n = (size_t)(lf - bytes);
    *end = *n && lf[-1] == '\r' ? "\r\n" : "\n";
    *n -= strlen(*end) - 1;
    return true;
}

/* Text that is not valid is no literal: its bytes are not what was meant. */
static int decode(struct literal_input *input, size_t n, struct err *err)
{
    struct codec_plan plan = {
        .from = input->local, .to = input->utf8, .text = {.checked = true, .bad = BAD_STOP}};

    buf_clear(&input->text);
    if (n > LITERAL_INPUT_LINE)
        return err_set(err, ERR_USAGE, "a line of --literal holds at most 64 KiB");
    if (codec_convert(&plan, buf_bytes(&input->bytes), n, &input->text, err) == 0)
        return 0;
    return err->kind == ERR_TEXT
               ? err_set(err, ERR_USAGE, "column %zu: this is not valid %s",
                         utf8_count(buf_bytes(&input->text), buf_length(&input->text)) + 1,
                         charset_name(input->local))
               : -1;
}

int literal_input_next(struct literal_input *input, struct literal_line *line, struct err *err)
{
    const char *end;
    size_t n;

    if (!find_line(input, &n, &end)) {
        input->line += n > LITERAL_INPUT_LINE;
        return n > LITERAL_INPUT_LINE && decode(input, n, err) < 0
                   ? literal_input_prefix(input, err)
                   : 0;
    }
    input->line++;
    if (decode(input, n, err) < 0)
        return literal_input_prefix(input, err);
    buf_consume(&input->bytes, n + strlen(end));
    *line = (struct literal_line){
        .text = (const char *)buf_bytes(&input->text), .n = buf_length(&input->text), .end = end};
    line->literal = literal_parse(line->text, line->n, 1, 0, err);
    if (!line->literal)
        return literal_input_prefix(input, err);
    input->count += line->literal->counts;
    line->count = input->count;
    return 1;
}

static int make(struct literal_input *input, const struct literal_line *line,
                const struct codec_plan *plan, struct buf *out, struct codec_faults *faults,
                struct err *err)
{
    struct literal_values values = {.utf8 = input->utf8,
                                    .charset = plan->to ? plan->to : input->local,
                                    .text = plan->text,
                                    .count = line->count,
                                    .time = time(NULL),
                                    .faults = faults};
    const struct codec_faults before = *faults;
    size_t start = buf_length(out);

    if (literal_make(line->literal, &values, out, err) < 0)
        return literal_input_prefix(input, err);
    if (!before.unencodable && faults->unencodable)
        faults->unencodable_at += input->given;
    if (codec_convert(plan, line->end, strlen(line->end), out, err) < 0)
        return -1;
    input->given += buf_length(out) - start;
    return 0;
}

int literal_input_push(struct literal_input *input, const struct codec_plan *plan,
                       const void *bytes, size_t n, bool last, struct buf *out,
                       struct codec_faults *faults, struct err *err)
{
    struct literal_line line;
    int more, result = 0;

    if (literal_input_add(input, bytes, n, last, err) < 0)
        return -1;
    while (result == 0 && (more = literal_input_next(input, &line, err)) != 0) {
        if (more < 0)
            return -1;
        result = make(input, &line, plan, out, faults, err);
        literal_free(line.literal);
    }
    return result;
}
