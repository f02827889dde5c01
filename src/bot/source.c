/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/language.h"
#include "io/whole_file.h"
#include "text/codec.h"
#include "text/utf8.h"

enum { PLACE = 256 /* bytes of "PATH:LINE" */ };

/* ---- places ---- */

static int prefix(const char *path, unsigned line, struct err *err)
{
    char place[PLACE];

    snprintf(place, sizeof place, "%.200s:%u", path, line);
    return err_prefix(err, place);
}

/* Puts "PATH:LINE: column C: " in front of a reason. */
static int refuse(const char *path, unsigned line, size_t column, const char *reason,
                  struct err *err)
{
    err_set(err, ERR_USAGE, N_("column %zu: %s"), column, reason);
    return prefix(path, line, err);
}

/* ---- the file ---- */

static int read_file(const char *path, struct buf *bytes, struct err *err)
{
    int fd = whole_file_open((struct opener){0}, path, err), result;

    *bytes = (struct buf){0};
    if (fd < 0)
        return -1;
    result = whole_file_read(fd, path, SOURCE_SIZE, bytes, err);
    close(fd);
    return result;
}

/* A byte that is no text. */
static int refuse_byte(const char *path, const unsigned char *bytes, size_t at, const char *format,
                       struct err *err)
{
    char reason[256];
    unsigned line = 1;
    size_t begin = 0;

    for (size_t i = 0; i < at; i++)
        if (bytes[i] == '\n') {
            line++;
            begin = i + 1;
        }
    snprintf(reason, sizeof reason, language_text(format), bytes[at]);
    return refuse(path, line, at - begin + 1, reason, err);
}

static int decode(struct source *source, const struct buf *bytes, struct charset *utf8,
                  struct charset *local, struct err *err)
{
    struct codec_plan plan = {
        .from = local, .to = utf8, .text = {.checked = true, .bad = BAD_STOP}};
    size_t n = buf_length(bytes), good = utf8_span(buf_bytes(bytes), n);
    struct buf text;

    buf_init(&text, 4 * n + 16);
    if (good == n)
        plan.from = utf8;
    if (codec_convert(&plan, buf_bytes(bytes), n, &text, NULL) < 0) {
        buf_fini(&text);
        if (good == n)
            return err_memory(err);
        return refuse_byte(source->path, buf_bytes(bytes), good,
                           N_("the byte %02X is no UTF-8, in which the file should be"), err);
    }
    if (buf_append(&text, "", 1) < 0) {
        buf_fini(&text);
        return err_memory(err);
    }
    source->n = buf_length(&text) - 1;
    source->text = (char *)text.bytes;
    return 0;
}

static int check_nul(const struct source *source, struct err *err)
{
    const char *nul = memchr(source->text, '\0', source->n);

    return nul ? refuse_byte(source->path, (const unsigned char *)source->text,
                             (size_t)(nul - source->text),
                             N_("the byte %02X is no text; in a literal it is written \\0"), err)
               : 0;
}

int source_open(struct source *source, const char *path, struct charset *utf8,
                struct charset *local, struct err *err)
{
    struct buf bytes;
    int result;

    *source = (struct source){.path = path};
    result = read_file(path, &bytes, err);
    if (result == 0)
        result = decode(source, &bytes, utf8, local, err);
    buf_fini(&bytes);
    if (result == 0)
        result = check_nul(source, err);
    if (result < 0) {
        source_fini(source);
        return -1;
    }
    source->next = source->text + (strncmp(source->text, "\xEF\xBB\xBF", 3) ? 0 : 3);
    return 0;
}

void source_fini(struct source *source)
{
    free(source->text);
    source->text = NULL;
}

/* ---- lines and words ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct source *source)
{
    while (source->at < source->end && is_blank(*source->at))
        source->at++;
}

bool source_next_line(struct source *source)
{
    do {
        if (source->next >= source->text + source->n)
            return false;
        source->begin = source->at = source->next;
        source->end = source->begin + strcspn(source->begin, "\n");
        source->next = source->end + (*source->end == '\n');
        source->line++;
        while (source->end > source->begin && strchr(" \t\r", source->end[-1]))
            source->end--;
        skip_blanks(source);
        source->first = source->at;
    } while (source->at == source->end || *source->at == '#');
    return true;
}

bool source_take(struct source *source, struct word *word)
{
    word->at = source->at;
    while (source->at < source->end && !is_blank(*source->at))
        source->at++;
    word->n = (size_t)(source->at - word->at);
    skip_blanks(source);
    return word->n;
}

bool source_take_if(struct source *source, const char *wanted)
{
    struct source before = *source;
    struct word word;

    if (source_take(source, &word) && word_is(word, wanted))
        return true;
    *source = before;
    return false;
}

struct word source_take_rest(struct source *source)
{
    struct word rest = {source->at, (size_t)(source->end - source->at)};

    source->at = source->end;
    return rest;
}

/* ---- times ---- */

int source_take_time(struct source *source, uint64_t *ms, struct err *err)
{
    const uint64_t day = UINT64_C(24) * 3600 * 1000000;
    struct word word;
    uint64_t us;

    source_take(source, &word);
    if (duration_parse(word.at, word.n, &us) == 0 && us && us <= day) {
        *ms = duration_ms(us);
        return 0;
    }
    return source_refuse(source, word.at, err,
                         N_("a time stands here, such as 20ms, 2s or 1m, not '%.*s'"), (int)word.n,
                         word.at);
}

/* ---- faults ---- */

size_t source_column(const struct source *source, const char *at)
{
    return utf8_count((const unsigned char *)source->begin, (size_t)(at - source->begin)) + 1;
}

int source_refuse(const struct source *source, const char *at, struct err *err, const char *format,
                  ...)
{
    char reason[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, language_text(format), arguments);
    va_end(arguments);
    language_trim(reason);
    return refuse(source->path, source->line, source_column(source, at), reason, err);
}

int source_prefix(const struct source *source, struct err *err)
{
    return prefix(source->path, source->line, err);
}

int source_check_end(const struct source *source, struct err *err)
{
    return source->at == source->end
               ? 0
               : source_refuse(source, source->at, err, N_("the line should end before '%.*s'"),
                               (int)(source->end - source->at), source->at);
}
