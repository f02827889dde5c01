/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A literal: the first byte chooses the charset and the captures, the rest is the text. A mistake
 * has a column in the text, a message is the same twice, and its bytes, written as a literal, give
 * the same bytes. */
#include "fuzz.h"

#include "text/literal.h"
#include "text/literal_parse.h"
#include "text/utf8.h"

enum { LONGEST = 1 << 16 };

static struct charsets charsets;

static struct charset *charset_of(unsigned choice)
{
    static const char *const names[] = {"utf-8", "gbk", "big5"};

    return charset_find(&charsets, names[choice % 3], NULL);
}

static size_t characters(const char *text, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)text;
    struct utf8_char next;
    size_t count = 0;

    while (utf8_take(&bytes, &n, &next))
        count++;
    return count;
}

static void check_sentence(const struct err *err, const char *text, size_t n)
{
    size_t column = 0;

    CLAIM(err->kind == ERR_USAGE && sscanf(err->sentence, "column %zu: ", &column) == 1);
    CLAIM(column >= 1 && column <= characters(text, n) + 1);
}

/* Bytes and their literal. */
static void check_written(const void *bytes, size_t n, const struct literal_values *values)
{
    struct literal *literal;
    struct buf text, again;

    buf_init(&text, 4 * n + 1);
    buf_init(&again, n);
    CLAIM(literal_write(bytes, n, &text) == 0);
    literal = literal_parse((const char *)buf_bytes(&text), buf_length(&text), 1, 0, NULL);
    CLAIM(literal);
    CLAIM(literal_make(literal, values, &again, NULL) == 0);
    CLAIM(buf_length(&again) == n && (!n || !memcmp(buf_bytes(&again), bytes, n)));
    literal_free(literal);
    buf_fini(&text);
    buf_fini(&again);
}

static void check_made(const struct literal *literal, const struct literal_values *values,
                       const char *text, size_t n)
{
    struct err err = {0};
    struct buf out;

    buf_init(&out, LONGEST);
    if (literal_make(literal, values, &out, &err) == 0) {
        size_t length = buf_length(&out);

        CLAIM(err.kind == ERR_NONE);
        CLAIM(literal_make(literal, values, &out, &err) == 0 && buf_length(&out) == 2 * length);
        CLAIM(!length || !memcmp(buf_bytes(&out), buf_bytes(&out) + length, length));
        check_written(buf_bytes(&out), length, values);
    } else {
        CLAIM(!buf_length(&out));
        if (err.kind != ERR_LOCAL)
            check_sentence(&err, text, n);
    }
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    unsigned choice = input_byte(&input);
    struct literal_values values = {
        .utf8 = charset_of(0), .charset = charset_of(choice), .count = choice * 4711U};
    const char *text = (const char *)input.bytes;
    struct err err = {0};
    struct literal *literal;

    if (input.left > LONGEST / 64)
        return 0;
    for (size_t i = 0; i < LITERAL_CAPTURES; i++)
        values.captures[i] = (struct literal_capture){
            .text = text, .n = input.left < 16 ? input.left : 16, .is_bytes = i == 9};
    literal = literal_parse(text, input.left, 1, choice % 11, &err);
    CLAIM(!literal == (err.kind != ERR_NONE));
    if (literal)
        check_made(literal, &values, text, input.left);
    else
        check_sentence(&err, text, input.left);
    literal_free(literal);
    return 0;
}
