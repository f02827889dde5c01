/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/history.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <readline/history.h>

#include "base/status.h"
#include "io/home_file.h"
#include "text/utf8.h"

/* readline's own functions for files would wait for a FIFO, take "#1" for a time, cut a line on a
 * full disk, and replace the file while another process appends to it. So only the list is
 * readline's. */

enum { LAST_TRIES = 200 /* to lock the file, 1 ms apart */ };

/* ---- the file ---- */

static int drop_file(struct history *history)
{
    free(history->path);
    buf_fini(&history->unsaved);
    *history = (struct history){0};
    return -1;
}

int history_open(struct history *history, struct opener opener, struct err *err)
{
    *history = (struct history){.opener = opener, .unsaved = {.cap = HISTORY_BYTES}};
    if (home_file_find(&home_file_history, &history->path, err) < 0)
        return -1;
    if (home_file_make_folders(&home_file_history, history->path, opener, err) < 0)
        return drop_file(history);
    return 0;
}

/* A FIFO may lie there. */
static int open_file(const struct history *history, enum opener_how how, struct err *err)
{
    int fd = opener_open(history->opener, history->path, how);
    struct stat status;

    if (fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot open %s", history->path);
    if (status_of(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return err_set(err, ERR_LOCAL, "%s is no regular file", history->path);
}

static bool has_file(const struct history *history)
{
    int fd = history->path ? opener_open(history->opener, history->path, OPENER_LOOK) : -1;

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- its newest lines ---- */

struct newest {
    char *memory; /* one byte longer than needed */
    size_t start, end;
    off_t size; /* of the file */
};

static int newest_read(struct newest *newest, int fd, struct err *err)
{
    struct stat status;
    off_t from;
    char *lf;

    if (status_of(fd, &status) < 0)
        return err_errno(err, ERR_LOCAL, errno, "the history cannot be read");
    /* One byte more tells whether a line begins there. */
    from = status.st_size > HISTORY_BYTES ? status.st_size - HISTORY_BYTES - 1 : 0;
    *newest = (struct newest){.end = (size_t)(status.st_size - from), .size = status.st_size};
    newest->memory = malloc(newest->end + 1);
    if (!newest->memory)
        return err_memory(err);
    if (pread(fd, newest->memory, newest->end, from) != (ssize_t)newest->end) {
        free(newest->memory);
        newest->memory = NULL;
        return err_set(err, ERR_LOCAL, "the history cannot be read to its end");
    }
    newest->start = newest->end;
    for (int i = 0; i < HISTORY_LINES && newest->start; i++) {
        lf = memrchr(newest->memory, '\n', newest->start - 1);
        if (!lf && from)
            break;
        newest->start = lf ? (size_t)(lf + 1 - newest->memory) : 0;
    }
    return 0;
}

static bool is_kept(const char *line, size_t n)
{
    return n && n <= HISTORY_LINE && *line != ' ' && *line != '\t' && !memchr(line, '\0', n) &&
           !memchr(line, '\n', n) && !memchr(line, '\r', n) &&
           utf8_span((const unsigned char *)line, n) == n;
}

/* False: the line repeats the last one. */
static bool add_to_list(const char *line)
{
    HIST_ENTRY *last = history_get(history_base + history_length - 1);
    bool is_new = !last || strcmp(last->line, line) != 0;

    if (is_new)
        add_history(line);
    using_history(); /* Up begins at the end again */
    return is_new;
}

/* Without a lock: at worst it sees half of a line that another process appends. */
int history_load(struct history *history, struct err *err)
{
    struct newest newest;
    int fd, result;

    if (!has_file(history))
        return 0;
    fd = open_file(history, OPENER_READ, err);
    if (fd < 0)
        return drop_file(history);
    result = newest_read(&newest, fd, err);
    close(fd);
    if (result < 0)
        return drop_file(history);
    for (size_t next; newest.start < newest.end; newest.start = next) {
        char *line = newest.memory + newest.start;
        char *lf = memchr(line, '\n', newest.end - newest.start);
        size_t n = lf ? (size_t)(lf - line) : newest.end - newest.start;

        next = newest.start + n + 1;
        n -= n && line[n - 1] == '\r'; /* an editor may have left CR LF */
        line[n] = '\0';
        if (is_kept(line, n))
            add_to_list(line);
    }
    free(newest.memory);
    return 0;
}

/* ---- shortening ---- */

/* In place, so that links, owner and open files stay. A crash in between repeats lines at worst. */
static void shorten(const struct history *history)
{
    int fd = open_file(history, OPENER_CHANGE, NULL);
    struct newest newest = {0};
    struct stat status;
    ssize_t n;

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && newest_read(&newest, fd, NULL) == 0) {
        n = (ssize_t)(newest.end - newest.start);
        /* An append that never got its lock may have come; see lock. */
        if (n < newest.size && pwrite(fd, newest.memory + newest.start, (size_t)n, 0) == n &&
            status_of(fd, &status) == 0 && status.st_size == newest.size && ftruncate(fd, n) < 0)
            errno = 0; /* the next process shortens it */
        free(newest.memory);
    }
    if (fd >= 0)
        close(fd);
}

/* ---- appending ---- */

/* One write, which a full disk may cut: then the file becomes again what it was. */
static int write_unsaved(struct history *history, int fd, struct err *err)
{
    size_t n = buf_length(&history->unsaved);
    struct iovec parts[] = {{(void *)"\n", 0}, {(void *)buf_bytes(&history->unsaved), n}};
    struct stat status;
    char last = '\n';
    ssize_t put;

    if (status_of(fd, &status) < 0)
        return err_errno(err, ERR_LOCAL, errno, "the history cannot be read");
    if (status.st_mode & 077 && fchmod(fd, 0600) < 0)
        errno = 0; /* the file belongs to another user */
    parts[0].iov_len = status.st_size && pread(fd, &last, 1, status.st_size - 1) == 1 &&
                       last != '\n'; /* its last line was cut */
    n += parts[0].iov_len;
    put = writev(fd, parts, 2);
    if (put == (ssize_t)n)
        return 0;
    err_errno(err, ERR_LOCAL, put < 0 ? errno : ENOSPC, "cannot write %s", history->path);
    if (put > 0 && ftruncate(fd, status.st_size) < 0)
        errno = 0; /* the next line begins a new one */
    return -1;
}

/* At the end of the run a short wait holds up nothing else. */
static bool lock(int fd, bool is_last)
{
    int tries = is_last ? LAST_TRIES : 1;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK && --tries)
        poll(NULL, 0, 1);
    return tries || is_last;
}

/* The lines wait in `unsaved` while another process holds the lock; the last ones cannot. */
static int save(struct history *history, bool is_last, struct err *err)
{
    int fd = open_file(history, OPENER_KEEP, err), result = -1;
    bool is_long = false;
    struct stat status;

    if (fd >= 0 && !lock(fd, is_last)) {
        close(fd);
        return 0;
    }
    if (fd >= 0) {
        result = write_unsaved(history, fd, err);
        is_long = status_of(fd, &status) == 0 && status.st_size > 2 * HISTORY_BYTES;
        close(fd);
    }
    buf_clear(&history->unsaved);
    if (is_long)
        shorten(history);
    return result;
}

int history_add(struct history *history, const char *line, struct err *err)
{
    size_t n = strlen(line);
    unsigned char *room;

    if (!n || *line == ' ' || *line == '\t' || !add_to_list(line) || !history->path ||
        !is_kept(line, n))
        return 0;
    room = buf_reserve(&history->unsaved, n + 1);
    if (!room)
        return err_memory(err);
    *(char *)mempcpy(room, line, n) = '\n';
    buf_commit(&history->unsaved, n + 1);
    return save(history, false, err);
}

void history_close(struct history *history)
{
    if (history->path && buf_length(&history->unsaved))
        save(history, true, NULL);
    if (has_file(history))
        shorten(history);
    drop_file(history);
}
