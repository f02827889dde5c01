/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/saved_messages.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "io/home_file.h"
#include "io/whole_file.h"
#include "text/literal_parse.h"
#include "text/utf8.h"

/* ---- the file ---- */

/* No file is an empty one. */
static int read_file(struct saved_messages *saved, struct err *err)
{
    int fd = whole_file_open(saved->opener, saved->path, err), result;

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    result = whole_file_read(fd, saved->path, SAVED_BYTES, &saved->file, err);
    close(fd);
    return result;
}

/* ---- its lines ---- */

static bool has_mark(const char *text, size_t n)
{
    return n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3);
}

static bool is_utf8(const char *text, size_t n)
{
    return utf8_span((const unsigned char *)text, n) == n;
}

static bool is_name(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == 0x7F)
            return false;
    return n && n <= SAVED_NAME && *name != '#' && !has_mark(name, n) && is_utf8(name, n);
}

/* The column of a place in a line. */
static size_t column_of(const char *line, const char *at)
{
    return utf8_count((const unsigned char *)line, (size_t)(at - line)) + 1;
}

static int fail_at(const struct saved_messages *saved, size_t line, struct err *err)
{
    char source[sizeof err->sentence];

    snprintf(source, sizeof source, "%s:%zu", saved->path, line);
    return err_prefix(err, source);
}

/* The literal is parsed when it is sent, too: a list of names needs none. */
static int check(const struct saved_messages *saved, const struct saved_message *message,
                 struct err *err)
{
    struct literal *literal =
        literal_parse(message->text, message->text_n, message->column, 0, err);

    if (!literal)
        return fail_at(saved, message->line, err);
    literal_free(literal);
    return 0;
}

/* The same rules as for the other files of text (bot/source). */
static int check_text(const struct saved_messages *saved, const char *line, size_t n, size_t number,
                      struct err *err)
{
    size_t good = utf8_span((const unsigned char *)line, n);
    const char *nul = memchr(line, '\0', good);
    const char *sentence = nul ? N_("the byte %02X is no text; in a literal it is written \\0")
                               : N_("the byte %02X is no UTF-8, in which the file should be");
    const char *at = nul ? nul : line + good;
    char reason[256];

    if (at == line + n)
        return 0;
    snprintf(reason, sizeof reason, language_text(sentence), (unsigned char)*at);
    err_set(err, ERR_USAGE, N_("column %zu: %s"), column_of(line, at), reason);
    return fail_at(saved, number, err);
}

static int refuse_twice(const struct saved_messages *saved, const struct saved_message *former,
                        size_t number, struct err *err)
{
    err_set(err, ERR_USAGE, N_("column 1: %.*s has a line already, line %zu"), (int)former->name_n,
            former->name, former->line);
    return fail_at(saved, number, err);
}

static int add(struct saved_messages *saved, const struct saved_message *message, struct err *err)
{
    const struct saved_message *former = saved_messages_find(saved, message->name, message->name_n);

    if (former)
        return refuse_twice(saved, former, message->line, err);
    saved->all[saved->count++] = *message;
    return check(saved, message, err);
}

static int take_line(struct saved_messages *saved, const char *line, size_t n, size_t number,
                     struct err *err)
{
    size_t name = 0, at;

    if (check_text(saved, line, n, number, err) < 0)
        return -1;
    if (n && line[n - 1] == '\r')
        n--;
    while (name < n && line[name] != ' ' && line[name] != '\t')
        name++;
    for (at = name; at < n && (line[at] == ' ' || line[at] == '\t');)
        at++;
    if ((at == n && !name) || *line == '#')
        return 0;
    if (!is_name(line, name) || at == n) {
        err_set(err, ERR_USAGE, "column %zu: a line is a name, a blank and a literal",
                is_name(line, name) ? column_of(line, line + n) : 1);
        return fail_at(saved, number, err);
    }
    return add(saved,
               &(struct saved_message){.name = line,
                                       .name_n = name,
                                       .text = line + at,
                                       .text_n = n - at,
                                       .column = column_of(line, line + at),
                                       .line = number},
               err);
}

static int take_lines(struct saved_messages *saved, struct err *err)
{
    const char *line = (const char *)buf_bytes(&saved->file),
               *end = line + buf_length(&saved->file);
    size_t lines = 1;

    if (has_mark(line, (size_t)(end - line)))
        line += 3;
    for (const char *at = line; at < end; at++)
        lines += *at == '\n';
    saved->all = calloc(lines, sizeof *saved->all);
    if (!saved->all)
        return err_memory(err);
    for (size_t number = 1; line < end; number++) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));

        if (take_line(saved, line, (size_t)((lf ? lf : end) - line), number, err) < 0)
            return -1;
        line = lf ? lf + 1 : end;
    }
    return 0;
}

int saved_messages_load(struct saved_messages *saved, struct opener opener, struct err *err)
{
    *saved = (struct saved_messages){.opener = opener};
    if (home_file_find(&home_file_messages, &saved->path, err) < 0 || read_file(saved, err) < 0)
        return -1;
    return buf_length(&saved->file) ? take_lines(saved, err) : 0;
}

void saved_messages_fini(struct saved_messages *saved)
{
    free(saved->path);
    buf_fini(&saved->file);
    free(saved->all);
    *saved = (struct saved_messages){0};
}

const struct saved_message *saved_messages_find(const struct saved_messages *saved,
                                                const char *name, size_t n)
{
    for (size_t i = 0; i < saved->count; i++)
        if (saved->all[i].name_n == n && !memcmp(saved->all[i].name, name, n))
            return &saved->all[i];
    return NULL;
}

/* ---- saving ---- */

/* The file with the line of this name replaced, or added at the end. */
static int compose(const struct saved_messages *saved, const char *name, size_t name_n,
                   const char *text, size_t text_n, struct buf *out)
{
    const struct saved_message *former = saved_messages_find(saved, name, name_n);
    const char *file = (const char *)buf_bytes(&saved->file);
    size_t n = buf_length(&saved->file);
    size_t before = former ? (size_t)(former->name - file) : n;
    size_t behind = former ? (size_t)(former->text + former->text_n - file) : n;
    bool is_open = !former && n && file[n - 1] != '\n';
    int failed = n ? buf_append(out, file, before) : 0;

    failed |= is_open ? buf_append(out, "\n", 1) : 0;
    failed |= buf_append(out, name, name_n) | buf_append(out, " ", 1);
    failed |= buf_append(out, text, text_n);
    if (former)
        failed |= buf_append(out, file + behind, n - behind);
    else
        failed |= buf_append(out, "\n", 1);
    return failed;
}

static int write_all(int fd, const struct buf *bytes)
{
    const unsigned char *at = buf_bytes(bytes);
    size_t left = buf_length(bytes);

    while (left) {
        ssize_t put = write(fd, at, left);

        if (put < 0)
            return -1;
        at += put;
        left -= (size_t)put;
    }
    return fsync(fd);
}

static int replace(const struct saved_messages *saved, const struct buf *bytes, struct err *err)
{
    int fd = opener_open(saved->opener, saved->path, OPENER_BESIDE);
    int result = fd < 0 ? -1 : write_all(fd, bytes), number;

    if (fd >= 0 && close(fd) < 0)
        result = -1;
    if (result == 0)
        result = opener_replace(saved->opener, saved->path);
    number = errno;
    if (result < 0 && fd >= 0)
        opener_discard(saved->opener, saved->path);
    return result < 0 ? err_errno(err, ERR_LOCAL, number, "cannot write %s", saved->path) : 0;
}

static int store(struct saved_messages *saved, struct opener opener, const char *name,
                 size_t name_n, const char *text, size_t text_n, struct err *err)
{
    struct buf bytes;
    int result;

    if (saved_messages_load(saved, opener, err) < 0 ||
        home_file_make_folders(&home_file_messages, saved->path, opener, err) < 0)
        return -1;
    buf_init(&bytes, SAVED_BYTES);
    result = compose(saved, name, name_n, text, text_n, &bytes) < 0
                 ? err_set(err, ERR_LOCAL, "%s is full", saved->path)
                 : replace(saved, &bytes, err);
    buf_fini(&bytes);
    return result;
}

int saved_messages_store(struct opener opener, const char *name, size_t name_n, const char *text,
                         size_t text_n, struct err *err)
{
    struct saved_messages saved;
    int result;

    if (!is_name(name, name_n))
        return err_set(err, ERR_USAGE, "'%.*s' is no name of a message: one word, at most %d bytes",
                       (int)name_n, name, SAVED_NAME);
    if (!is_utf8(text, text_n))
        return err_set(err, ERR_USAGE, "a literal is saved in UTF-8; \\xHH stands for any byte");
    result = store(&saved, opener, name, name_n, text, text_n, err);
    saved_messages_fini(&saved);
    return result;
}
