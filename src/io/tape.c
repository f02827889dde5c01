/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/status.h"

_Static_assert(sizeof(struct tape_piece) == 24, "the header says so");

/* ---- the index ---- */

static int refuse(const struct tape *tape, size_t line, const struct err *why, struct err *err)
{
    return err_set(err, why->kind, "%.256s:%zu: %s", tape->path, line, why->sentence);
}

static int add_connections(struct tape *tape, size_t count)
{
    size_t before = tape->connection_count;
    struct tape_connection *longer;

    if (count <= before)
        return 0;
    longer = reallocarray(tape->connections, count, sizeof *longer);
    if (!longer)
        return -1;
    memset(longer + before, 0, (count - before) * sizeof *longer);
    tape->connections = longer;
    tape->connection_count = count;
    return 0;
}

static struct tape_piece *add_piece(struct tape *tape)
{
    size_t capacity = tape->capacity ? 2 * tape->capacity : 64;
    struct tape_piece *longer;

    if (tape->count == tape->capacity) {
        longer = reallocarray(tape->pieces, capacity, sizeof *longer);
        if (!longer)
            return NULL;
        tape->pieces = longer;
        tape->capacity = capacity;
    }
    return &tape->pieces[tape->count++];
}

/* An order that no conversation has. */
static int check_order(const struct tape *tape, const struct recording_line *line, struct err *err)
{
    const struct tape_connection *connection = &tape->connections[line->connection - 1];

    if (tape->is_timed && !line->has_time)
        return err_set(err, ERR_USAGE, "column 1: --pace needs the time of each line");
    if (line->way == RECORDING_OPEN && connection->first)
        return err_set(err, ERR_USAGE, "column 1: connection %u was opened before",
                       line->connection);
    if (connection->ended[line->way])
        return err_set(err, ERR_USAGE, "column 1: this direction of connection %u has ended before",
                       line->connection);
    return 0;
}

static bool is_end(const struct recording_line *line)
{
    return line->way != RECORDING_OPEN && !line->n;
}

static int index_line(struct tape *tape, const struct recording_line *line, uint64_t offset,
                      size_t length, struct err *err)
{
    struct tape_connection *connection;
    struct tape_piece *piece;
    bool ends = is_end(line);

    if (add_connections(tape, line->connection) < 0)
        return err_memory(err);
    if (check_order(tape, line, err) < 0)
        return -1;
    piece = add_piece(tape);
    if (!piece)
        return err_memory(err);
    *piece = (struct tape_piece){.offset = offset,
                                 .length = (uint32_t)length,
                                 .line = (uint32_t)tape->count,
                                 .way = (uint8_t)line->way,
                                 .ends = ends,
                                 .breaks = ends && line->breaks};
    connection = &tape->connections[line->connection - 1];
    if (connection->last)
        tape->pieces[connection->last - 1].next = (uint32_t)tape->count;
    else
        connection->first = (uint32_t)tape->count;
    connection->last = (uint32_t)tape->count;
    connection->ended[line->way] = ends;
    return 0;
}

/* ---- the file ---- */

enum { WINDOW = 64 * 1024 /* bytes at first; lines that are longer have it doubled */ };

_Static_assert(RECORDING_LINE % WINDOW == 0 && !(RECORDING_LINE & (RECORDING_LINE - 1)),
               "a doubled window comes to the longest line");

/* A window of the file, which begins with the next line. */
struct window {
    char *text;
    size_t n, capacity;
    uint64_t offset;
    bool is_last; /* nothing follows */
};

static int fill(const struct tape *tape, struct window *window, struct err *err)
{
    while (!window->is_last && window->n < window->capacity) {
        ssize_t got = pread(tape->fd, window->text + window->n, window->capacity - window->n,
                            (off_t)(window->offset + window->n));

        if (got < 0)
            return err_errno(err, ERR_LOCAL, errno, "cannot read %s", tape->path);
        window->n += (size_t)got;
        window->is_last = !got;
    }
    return 0;
}

static int take_line(struct tape *tape, char *text, size_t length, uint64_t offset, struct err *err)
{
    struct recording_line line;
    struct err why;

    if (tape->count == TAPE_LINES) {
        err_set(&why, ERR_USAGE, "column 1: a recording has at most %d lines", TAPE_LINES);
        return refuse(tape, tape->count + 1, &why, err);
    }
    if (recording_read(text, length, &line, &why) < 0)
        return refuse(tape, tape->count + 1, &why, err);
    if (index_line(tape, &line, offset, length, &why) == 0)
        return 0;
    if (why.kind == ERR_USAGE)
        return refuse(tape, tape->count + 1, &why, err);
    *err = why;
    return -1;
}

/* Takes the whole lines of the window. */
static int take_lines(struct tape *tape, struct window *window, struct err *err)
{
    char *text = window->text, *end;
    size_t left = window->n;

    while (left && (end = memchr(text, '\n', left))) {
        size_t length = (size_t)(end - text);

        if (take_line(tape, text, length, window->offset, err) < 0)
            return -1;
        window->offset += length + 1;
        text += length + 1;
        left -= length + 1;
    }
    memmove(window->text, text, left);
    window->n = left;
    return 0;
}

/* As the other files of text, a recording may begin with a BOM. */
static void skip_mark(struct window *window)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t n = sizeof mark - 1;

    if (window->offset || window->n < n || memcmp(window->text, mark, n) != 0)
        return;
    window->offset = n;
    window->n -= n;
    memmove(window->text, window->text + n, window->n);
}

/* Makes the window larger where a line fills it. */
static int grow(const struct tape *tape, struct window *window, struct err *err)
{
    struct err why;
    char *longer;

    if (window->n < window->capacity)
        return 0;
    if (window->capacity == RECORDING_LINE) {
        err_set(&why, ERR_USAGE, "column %d: a line of a recording has at most %d bytes",
                RECORDING_LINE, RECORDING_LINE);
        return refuse(tape, tape->count + 1, &why, err);
    }
    longer = realloc(window->text, 2 * window->capacity);
    if (!longer)
        return err_memory(err);
    window->text = longer;
    window->capacity *= 2;
    return 0;
}

static int read_all(struct tape *tape, struct window *window, struct err *err)
{
    struct err why;

    while (!window->is_last) {
        if (fill(tape, window, err) < 0)
            return -1;
        skip_mark(window);
        if (take_lines(tape, window, err) < 0 || grow(tape, window, err) < 0)
            return -1;
    }
    if (window->n) {
        err_set(&why, ERR_USAGE, "column %zu: the line has no end; was the recording cut off?",
                window->n + 1);
        return refuse(tape, tape->count + 1, &why, err);
    }
    return tape->count
               ? 0
               : err_set(err, ERR_USAGE, "%.256s:1: column 1: nothing was recorded", tape->path);
}

/* ---- opening ---- */

/* A recording is read twice. A FIFO must not make the open wait. */
static int open_file(struct tape *tape, const char *path, struct err *err)
{
    struct stat status;

    tape->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (tape->fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot read %.256s", path);
    tape->is_open = true;
    if (status_of(tape->fd, &status) == 0 && S_ISREG(status.st_mode))
        return 0;
    return err_set(err, ERR_USAGE, "--replay: %.256s is no regular file, and is read twice", path);
}

int tape_open(struct tape *tape, const char *path, bool is_timed, struct err *err)
{
    struct window window = {.text = malloc(WINDOW), .capacity = WINDOW};
    int result = -1;

    *tape = (struct tape){.path = path, .is_timed = is_timed};
    if (!window.text)
        return err_memory(err);
    if (open_file(tape, path, err) == 0)
        result = read_all(tape, &window, err);
    free(window.text);
    return result;
}

void tape_close(struct tape *tape)
{
    if (tape->is_open)
        close(tape->fd);
    free(tape->pieces);
    free(tape->connections);
    *tape = (struct tape){.is_open = false};
}

/* ---- playing ---- */

bool tape_is_over(const struct tape *tape)
{
    for (size_t i = tape->taken; i < tape->connection_count; i++)
        if (tape->connections[i].first)
            return false;
    return true;
}

uint32_t tape_take(struct tape *tape)
{
    while (tape->taken < tape->connection_count) {
        uint32_t first = tape->connections[tape->taken++].first;

        if (first)
            return first;
    }
    return 0;
}

int tape_read(const struct tape *tape, uint32_t number, char **memory, struct recording_line *line,
              struct err *err)
{
    const struct tape_piece *piece = tape_piece(tape, number);
    struct err why;
    ssize_t got;

    *memory = malloc(piece->length);
    if (!*memory)
        return err_memory(err);
    got = pread(tape->fd, *memory, piece->length, (off_t)piece->offset);
    if (got < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot read %.256s", tape->path);
    if ((size_t)got == piece->length && recording_read(*memory, piece->length, line, &why) == 0 &&
        line->way == (enum recording_way)piece->way && is_end(line) == piece->ends &&
        (piece->ends && line->breaks) == piece->breaks)
        return 0;
    return err_set(err, ERR_LOCAL, "%.256s was changed while it was played", tape->path);
}
