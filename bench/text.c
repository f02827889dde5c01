/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text: the speed of the text layer, beside the iconv of this system.
 *
 * Both convert the same text in this process, in turns, in pieces of 64 KiB, as they come from a
 * socket. The medians are printed, with the speed relative to iconv. The price of the first line of
 * a conversation follows: a charset is opened, and a line is written in it and read back.
 *
 * Common characters are more frequent in the text than rare ones. Chinese and Japanese have their
 * own marks, Korean has blanks between words of varying length, and half of HTML is ASCII.
 */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "text/codec.h"

enum { TEXT = 4 << 20, PIECE = 64 << 10, ROUNDS = 15, FIRST_LINES = 15 };

/* A kind of text: pairs of bytes of a charset, the first ones more often. */
struct language {
    const char *name, *charset;
    const char *iconv; /* what its charset is called there */
    unsigned char leads[2], trails[2];
    const char *mark;          /* stands behind words, in bytes of the charset */
    unsigned word, marks_each; /* characters of a word; words before a mark */
    bool html;
};

static const struct language languages[] = {
    {"Chinese", "gbk", "GB18030", {0xB0, 0xD6}, {0xA1, 0xFE}, "\xA3\xAC", 2, 6, false},
    {"Chinese", "gb18030", "GB18030", {0xB0, 0xD6}, {0xA1, 0xFE}, "\xA3\xAC", 2, 6, false},
    {"Chinese", "big5", "BIG5", {0xA4, 0xC5}, {0xA1, 0xFE}, "\xA1\x41", 2, 6, false},
    {"Japanese", "shift_jis", "CP932", {0x89, 0x97}, {0x9F, 0xFC}, "\x81\x41", 3, 4, false},
    {"Korean", "euc-kr", "CP949", {0xB0, 0xC8}, {0xA1, 0xFE}, " ", 3, 1, false},
    {"HTML", "gbk", "GB18030", {0xB0, 0xD6}, {0xA1, 0xFE}, "\xA3\xAC", 2, 6, true},
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

static struct charsets charsets;

static void die(const char *what)
{
    fprintf(stderr, "text: %s\n", what);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static double median(double *times, size_t n)
{
    qsort(times, n, sizeof *times, compare);
    return times[n / 2];
}

/* ---- text ---- */

struct text {
    unsigned char *bytes;
    size_t n;
};

/* The square of an even number is small more often than not. */
static unsigned char skewed(const unsigned char range[2])
{
    double even = rand() / (RAND_MAX + 1.0);

    return (unsigned char)(range[0] + (range[1] - range[0] + 1) * even * even);
}

static void append(struct text *text, const void *bytes, size_t n)
{
    memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
}

static struct text text_new(void)
{
    struct text text = {malloc(TEXT + 256), 0};

    if (!text.bytes)
        die("memory is short");
    srand(1);
    return text;
}

static struct text make_text(const struct language *language)
{
    struct text text = text_new();

    for (unsigned word = 1; text.n < TEXT; word++) {
        if (language->html && word % 4 == 0)
            append(&text, "</p>\n<p class=\"x\">", 18);
        unsigned length = 1 + (unsigned)rand() % (2 * language->word - 1);

        for (unsigned i = 0; i < length; i++) {
            unsigned char pair[] = {skewed(language->leads), skewed(language->trails)};

            append(&text, pair, 2);
        }
        if (word % language->marks_each == 0)
            append(&text, language->mark, strlen(language->mark));
        if (word % 40 == 0)
            append(&text, "\n", 1);
    }
    return text;
}

static struct text make_ascii(void)
{
    struct text text = text_new();

    while (text.n < TEXT)
        append(&text, rand() % 60 ? &(char){(char)('a' + rand() % 26)} : "\n", 1);
    return text;
}

static struct charset *find(const char *name)
{
    struct err err = {0};
    struct charset *charset = charset_find(&charsets, name, &err);

    if (!charset)
        die(err.sentence);
    return charset;
}

static struct text convert_text(const struct text *text, const char *from, const char *to)
{
    struct codec_plan plan = {.from = find(from), .to = find(to), .text = {.checked = true}};
    struct codec codec;
    struct err err = {0};
    struct buf out;

    buf_init(&out, 4 * TEXT);
    codec_init(&codec, &plan);
    if (codec_push(&codec, text->bytes, text->n, true, &out, &err) < 0 ||
        codec.faults.undecodable || codec.faults.unencodable)
        die("the text is not of its charset");
    return (struct text){(unsigned char *)buf_bytes(&out), buf_length(&out)};
}

/* ---- one row ---- */

static double time_ours(const struct text *text, const char *from, const char *to)
{
    struct codec_plan plan = {.from = find(from), .to = find(to), .text = {.checked = true}};
    struct codec codec;
    struct err err = {0};
    struct buf out;
    double start = now(CLOCK_THREAD_CPUTIME_ID);

    buf_init(&out, 4 * PIECE);
    codec_init(&codec, &plan);
    for (size_t done = 0; done < text->n; done += PIECE) {
        size_t n = text->n - done < PIECE ? text->n - done : PIECE;

        if (codec_push(&codec, text->bytes + done, n, done + n == text->n, &out, &err) < 0)
            die(err.sentence);
        buf_consume(&out, buf_length(&out));
    }
    start = now(CLOCK_THREAD_CPUTIME_ID) - start;
    buf_fini(&out);
    return start;
}

static double time_iconv(const struct text *text, const char *from, const char *to)
{
    static char out[4 * PIECE];
    iconv_t converter = iconv_open(to, from);
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    char *in = (char *)text->bytes, *end = in + text->n;

    if (converter == (iconv_t)-1)
        die("iconv does not know the charset");
    while (in < end) {
        size_t n = end - in < PIECE ? (size_t)(end - in) : PIECE, left = n, room = sizeof out;
        char *at = out;

        if (iconv(converter, &in, &left, &at, &room) == (size_t)-1 && left == n)
            die("iconv refuses the text");
    }
    start = now(CLOCK_THREAD_CPUTIME_ID) - start;
    iconv_close(converter);
    return start;
}

static void show_row(const char *name, const struct text *text, const char *from, const char *to,
                     const char *iconv_from, const char *iconv_to)
{
    double ours[ROUNDS], theirs[ROUNDS], us, them;

    time_ours(text, from, to);
    for (size_t i = 0; i < ROUNDS; i++) {
        ours[i] = time_ours(text, from, to);
        theirs[i] = time_iconv(text, iconv_from, iconv_to);
    }
    us = median(ours, ROUNDS);
    them = median(theirs, ROUNDS);
    printf("%-9s %-9s -> %-9s  tcpchat %6.0f MB/s   iconv %6.0f MB/s   ratio %5.1f\n", name, from,
           to, (double)text->n / us, (double)text->n / them, them / us);
}

static void show_language(const struct language *language)
{
    struct text legacy = make_text(language);
    struct text utf8 = convert_text(&legacy, language->charset, "utf-8");

    show_row(language->name, &legacy, language->charset, "utf-8", language->iconv, "UTF-8");
    show_row(language->name, &utf8, "utf-8", language->charset, "UTF-8", language->iconv);
    show_row(language->name, &utf8, "utf-8", "utf-8", "UTF-8", "UTF-8");
    free(legacy.bytes);
}

/* ---- the first line ---- */

/* In a process of its own, which has opened nothing yet. */
static double time_first_line(const char *name)
{
    static const char line[] = "0123456789 \xE6\x97\xA5\xE6\x9C\xAC\n";
    double took = 0;
    int ends[2];

    if (pipe(ends) < 0)
        die("no pipe");
    if (fork() == 0) {
        struct text text = {(unsigned char *)line, sizeof line - 1}, wire;
        double start = now(CLOCK_MONOTONIC);

        wire = convert_text(&text, "utf-8", name);
        convert_text(&wire, name, "utf-8");
        took = now(CLOCK_MONOTONIC) - start;
        _exit(write(ends[1], &took, sizeof took) != sizeof took);
    }
    close(ends[1]);
    wait(NULL);
    if (read(ends[0], &took, sizeof took) != sizeof took)
        die("the first line failed");
    close(ends[0]);
    return took;
}

int main(void)
{
    static const char *const names[] = {"gbk", "big5", "shift_jis"};
    struct text ascii = make_ascii();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double times[FIRST_LINES];

        for (size_t j = 0; j < FIRST_LINES; j++)
            times[j] = time_first_line(names[i]);
        printf("first line in %-9s %6.0f us\n", names[i], median(times, FIRST_LINES));
    }
    show_row("ASCII", &ascii, "gbk", "utf-8", "GBK", "UTF-8");
    show_row("ASCII", &ascii, "utf-8", "gbk", "UTF-8", "GBK");
    for (size_t i = 0; i < LANGUAGES; i++)
        show_language(languages + i);
    free(ascii.bytes);
    charsets_fini(&charsets);
    return 0;
}
