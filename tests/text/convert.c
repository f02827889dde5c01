/* SPDX-License-Identifier: GPL-3.0-or-later */
/* convert: the text layer for tests that ask it a million questions at once.
 *
 *     convert records FROM TO N    each result, and a byte FF behind it
 *     convert stream FROM TO       the result
 *     convert crlf FROM TO         the result, with CR LF for each LF that follows no CR
 *     convert cuts FROM TO         the records whose result depends on the cuts; exit status 1 then
 *     convert names                those of stdin's lines that name a charset
 *
 * For `records` stdin is records of N bytes, each a conversation of its own; for `stream` and
 * `crlf` it is one conversation; for `cuts` it is records, each behind its length in two bytes
 * (little endian), and each is cut at every place, byte by byte and at random. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/codec.h"

enum { CHUNK = 1 << 16, ROOM = 1 << 20, RANDOM_CUTS = 3 };

static struct charsets charsets;

static void die(const char *what)
{
    fprintf(stderr, "convert: %s\n", what);
    exit(2);
}

static struct charset *find(const char *name)
{
    struct err err = {0};
    struct charset *charset = charset_find(&charsets, name, &err);

    if (!charset)
        die(err.sentence);
    return charset;
}

static void push(struct codec *codec, const unsigned char *bytes, size_t n, bool last,
                 struct buf *out)
{
    struct err err = {0};

    if (codec_push(codec, bytes, n, last, out, &err) < 0)
        die(err.sentence);
}

static void put_out(struct buf *out)
{
    fwrite(buf_bytes(out), 1, buf_length(out), stdout);
    buf_consume(out, buf_length(out));
}

static void convert_records(const struct codec_plan *plan, size_t n)
{
    unsigned char record[CHUNK];
    struct buf out;

    if (n < 1 || n > sizeof record)
        die("no such record");
    buf_init(&out, ROOM);
    while (fread(record, 1, n, stdin) == n) {
        struct codec codec;

        codec_init(&codec, plan);
        push(&codec, record, n, true, &out);
        put_out(&out);
        putchar(0xFF);
    }
    buf_fini(&out);
}

static void convert_stream(const struct codec_plan *plan)
{
    static unsigned char chunk[CHUNK];
    struct codec codec;
    struct buf out;
    size_t n;

    buf_init(&out, ROOM);
    codec_init(&codec, plan);
    do {
        n = fread(chunk, 1, sizeof chunk, stdin);
        push(&codec, chunk, n, n < sizeof chunk, &out);
        put_out(&out);
    } while (n == sizeof chunk);
    buf_fini(&out);
}

/* ---- cuts ---- */

struct text {
    unsigned char *bytes; /* n bytes: a sanitizer sees a read behind them */
    size_t n;
};

/* The length of the next part of the `left` bytes. */
typedef size_t next_part(size_t left, size_t cut);

static size_t two_parts(size_t left, size_t cut)
{
    return left > cut ? left - cut : left;
}

static size_t single_bytes(size_t left, size_t cut)
{
    (void)left;
    (void)cut;
    return 1;
}

static size_t random_parts(size_t left, size_t cut)
{
    size_t part = 1 + (size_t)rand() % 7;

    (void)cut;
    return part < left ? part : left;
}

struct outcome {
    struct buf out;
    struct codec_faults faults;
};

static void run(const struct codec_plan *plan, const struct text *text, next_part *next, size_t cut,
                struct outcome *outcome)
{
    struct codec codec;
    size_t done = 0;

    codec_init(&codec, plan);
    buf_consume(&outcome->out, buf_length(&outcome->out));
    while (done < text->n) {
        size_t part = next(text->n - done, cut);
        unsigned char *exact = malloc(part);

        if (!exact)
            die("memory is short");
        memcpy(exact, text->bytes + done, part);
        push(&codec, exact, part, false, &outcome->out);
        free(exact);
        done += part;
    }
    push(&codec, text->bytes, 0, true, &outcome->out);
    outcome->faults = codec.faults;
}

static bool is_same(const struct outcome *one, const struct outcome *other)
{
    const struct codec_faults *a = &one->faults, *b = &other->faults;
    size_t n = buf_length(&one->out);

    return n == buf_length(&other->out) &&
           (!n || !memcmp(buf_bytes(&one->out), buf_bytes(&other->out), n)) &&
           a->undecodable == b->undecodable && a->undecodable_at == b->undecodable_at &&
           a->unencodable == b->unencodable && a->unencodable_at == b->unencodable_at &&
           a->unencodable_first == b->unencodable_first;
}

/* `cut` counts from the end; 0 is the whole text in one part. */
static bool cuts_matter(const struct codec_plan *plan, const struct text *text)
{
    struct outcome whole, parts;
    bool matters = false;

    buf_init(&whole.out, ROOM);
    buf_init(&parts.out, ROOM);
    run(plan, text, two_parts, text->n, &whole);
    for (size_t cut = 0; cut < text->n; cut++) {
        run(plan, text, two_parts, cut, &parts);
        matters |= !is_same(&whole, &parts);
    }
    run(plan, text, single_bytes, 0, &parts);
    matters |= !is_same(&whole, &parts);
    for (int i = 0; i < RANDOM_CUTS; i++) {
        run(plan, text, random_parts, 0, &parts);
        matters |= !is_same(&whole, &parts);
    }
    buf_fini(&whole.out);
    buf_fini(&parts.out);
    return matters;
}

static int compare_cuts(const struct codec_plan *plan)
{
    unsigned char length[2];
    int failed = 0;

    srand(1);
    for (size_t i = 0; fread(length, 1, 2, stdin) == 2; i++) {
        struct text text = {.n = length[0] + 256u * length[1]};

        text.bytes = malloc(text.n + 1);
        if (!text.bytes || fread(text.bytes, 1, text.n, stdin) != text.n)
            die("a record is not whole");
        if (cuts_matter(plan, &text)) {
            printf("%zu\n", i);
            failed = 1;
        }
        free(text.bytes);
    }
    return failed;
}

/* ---- names ---- */

static void show_names(void)
{
    char line[256];

    while (fgets(line, sizeof line, stdin)) {
        struct charsets own = {0};

        line[strcspn(line, "\n")] = '\0';
        if (charset_find(&own, line, NULL))
            puts(line);
        charsets_fini(&own);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    struct codec_plan plan = {.text.checked = true};
    int status = 0;

    if (!strcmp(what, "names") && argc == 2) {
        show_names();
        return 0;
    }
    if (argc < 4)
        die("usage: convert records|stream|crlf|cuts|names [FROM TO [N]]");
    plan.from = find(argv[2]);
    plan.to = find(argv[3]);
    plan.text.eol = strcmp(what, "crlf") ? EOL_AS_IS : EOL_CRLF;
    if (!strcmp(what, "records") && argc == 5)
        convert_records(&plan, strtoul(argv[4], NULL, 10));
    else if (!strcmp(what, "stream") || !strcmp(what, "crlf"))
        convert_stream(&plan);
    else if (!strcmp(what, "cuts"))
        status = compare_cuts(&plan);
    else
        die("no such question");
    charsets_fini(&charsets);
    return status;
}
