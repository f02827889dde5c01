/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/reserve.h"
#include "text/utf8.h"

enum { READ_MAX = 1 << 20 }; /* of a file that somebody else made grow */

/* ---- where it is ---- */

static bool is_absolute(const char *path)
{
    return path && *path == '/';
}

/* The folder that is taken to be there, and what is made below it. */
static char *compose_path(size_t *there)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool has_state = is_absolute(state);
    char *path = NULL;

    *there = has_state ? 0 : strlen(home);
    if (asprintf(&path, "%s%s/tcpchat/history", has_state ? state : home,
                 has_state ? "" : "/.local/state") < 0)
        return NULL;
    return path;
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int make_folder(const char *path, struct err *err)
{
    int number;

    if (mkdir(path, 0700) == 0)
        return 0;
    number = errno; /* where it is there already, mkdir may have another complaint first */
    return is_folder(path) ? 0 : err_errno(err, ERR_LOCAL, number, "cannot make %s", path);
}

/* All folders of the path that are longer than the first `there` bytes. */
static int make_folders(char *path, size_t there, struct err *err)
{
    char *slash = path + there;
    int result = 0;

    while (result == 0 && (slash = strchr(slash + 1, '/'))) {
        *slash = '\0';
        result = make_folder(path, err);
        *slash = '/';
    }
    return result;
}

int history_open(struct history *history, struct err *err)
{
    size_t there;

    *history = (struct history){0};
    if (!is_absolute(getenv("XDG_STATE_HOME")) && !is_absolute(getenv("HOME")))
        return err_set(err, ERR_LOCAL, "neither XDG_STATE_HOME nor HOME is an absolute path");
    history->path = compose_path(&there);
    if (!history->path)
        return err_memory(err);
    if (make_folders(history->path, there, err) == 0)
        return 0;
    free(history->path);
    history->path = NULL;
    return -1;
}

/* ---- the file ---- */

/* O_NONBLOCK, because a FIFO may lie there. */
static int open_file(const char *path, int flags, struct err *err)
{
    int fd = reserve_open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    struct stat status;

    if (fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot open %s", path);
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return err_set(err, ERR_LOCAL, "%s is no regular file", path);
}

/* Another process may have shortened the file, which puts a new one in its place. */
static bool is_still_there(int fd, const char *path)
{
    struct stat ours, there;

    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static int lock_failure(const char *path, int number, struct err *err)
{
    if (number == EWOULDBLOCK)
        return err_set(err, ERR_LOCAL, "%s is locked by another program", path);
    return err_errno(err, ERR_LOCAL, number, "cannot lock %s", path);
}

/* The file under a lock that others respect; closing it unlocks. */
static int open_locked(const char *path, int flags, struct err *err)
{
    int number = EWOULDBLOCK;

    for (int ms = 0; ms < HISTORY_PATIENCE && number == EWOULDBLOCK; ms++) {
        int fd = open_file(path, flags, err);

        if (fd < 0)
            return -1;
        number = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
        if (number == 0 && is_still_there(fd, path))
            return fd;
        close(fd);
        if (number == 0)
            number = EWOULDBLOCK; /* the next round opens the new one */
        else
            nap();
    }
    return lock_failure(path, number, err);
}

/* ---- reading ---- */

/* The end of the file, from a line's start. */
struct tail {
    char *memory;
    const char *bytes;
    size_t n;
    bool is_all; /* nothing of the file is missing before it */
};

/* As many bytes as there are, up to n; fewer after an error, which then are all that is to be had.
 */
static size_t read_at(int fd, char *bytes, size_t n, off_t offset)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = pread(fd, bytes + done, n - done, offset + (off_t)done);

        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static void drop_first_line(struct tail *tail)
{
    const char *lf = memchr(tail->bytes, '\n', tail->n);
    size_t n = lf ? (size_t)(lf + 1 - tail->bytes) : tail->n;

    tail->bytes += n;
    tail->n -= n;
    tail->is_all = false;
}

static int tail_read(struct tail *tail, int fd, struct err *err)
{
    struct stat status;
    size_t wanted;
    off_t start;

    if (fstat(fd, &status) < 0)
        return err_errno(err, ERR_LOCAL, errno, "the history cannot be read");
    start = status.st_size > READ_MAX ? status.st_size - READ_MAX : 0;
    wanted = (size_t)(status.st_size - start);
    *tail = (struct tail){.memory = malloc(wanted + 1), .is_all = true};
    if (!tail->memory)
        return err_memory(err);
    tail->bytes = tail->memory;
    tail->n = read_at(fd, tail->memory, wanted, start);
    if (start)
        drop_first_line(tail);
    return tail->bytes + tail->n == tail->memory + wanted
               ? 0
               : err_set(err, ERR_LOCAL, "the history cannot be read to its end");
}

/* Where the line begins that ends before `end`, its own LF not looked at. */
static size_t line_start(const struct tail *tail, size_t end)
{
    const char *lf = end > 1 ? memrchr(tail->bytes, '\n', end - 1) : NULL;

    return lf ? (size_t)(lf + 1 - tail->bytes) : 0;
}

/* Keeps the newest `lines` of at most `bytes` together. */
static void tail_shorten(struct tail *tail, size_t lines, size_t bytes)
{
    size_t start = tail->n;

    while (start && lines--) {
        size_t before = line_start(tail, start);

        if (tail->n - before > bytes)
            break;
        start = before;
    }
    tail->bytes += start;
    tail->n -= start;
    tail->is_all &= !start;
}

static bool is_kept(const char *line, size_t n)
{
    return n && n <= HISTORY_LINE && *line != ' ' && *line != '\t' && !memchr(line, '\0', n) &&
           !memchr(line, '\n', n) && !memchr(line, '\r', n) &&
           utf8_span((const unsigned char *)line, n) == n;
}

/* An editor may have left CR LF. */
static void hand_on(const char *bytes, size_t n, history_line *each, void *owner)
{
    char line[HISTORY_LINE + 1];

    n -= n && bytes[n - 1] == '\r';
    if (!is_kept(bytes, n))
        return;
    memcpy(line, bytes, n);
    line[n] = '\0';
    each(owner, line);
}

static void tail_hand_on(const struct tail *tail, history_line *each, void *owner)
{
    for (size_t start = 0, n; start < tail->n; start += n + 1) {
        const char *line = tail->bytes + start;
        const char *lf = memchr(line, '\n', tail->n - start);

        n = lf ? (size_t)(lf - line) : tail->n - start;
        hand_on(line, n, each, owner);
    }
}

/* Without a lock: at worst half of a line is seen that is being appended. */
int history_load(const struct history *history, history_line *each, void *owner, struct err *err)
{
    struct tail tail = {0};
    int fd, result;

    if (!history->path || access(history->path, F_OK) < 0)
        return 0;
    fd = open_file(history->path, O_RDONLY, err);
    if (fd < 0)
        return -1;
    result = tail_read(&tail, fd, err);
    close(fd);
    tail_shorten(&tail, HISTORY_LINES, READ_MAX);
    tail_hand_on(&tail, each, owner);
    free(tail.memory);
    return result;
}

/* ---- shortening ---- */

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t put = write(fd, bytes, n);

        if (put < 0)
            return -1;
        bytes += put;
        n -= (size_t)put;
    }
    return 0;
}

/* A file of its own, on the disk before it takes the place of the old one, and of the same owner.
 */
static int write_new(const char *path, const struct tail *tail, int old)
{
    int fd = reserve_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct stat status;
    int result;

    if (fd < 0)
        return -1;
    if (fstat(old, &status) == 0 && fchown(fd, status.st_uid, status.st_gid) < 0)
        errno = 0; /* then it is ours */
    result = write_all(fd, tail->bytes, tail->n) < 0 || fsync(fd) < 0 ? -1 : 0;
    close(fd);
    return result;
}

/* `new` is only ever touched by who holds the lock; one that lies there is left from a crash. */
static int replace(const char *path, const char *new, const struct tail *tail, int old)
{
    int number;

    unlink(new);
    if (write_new(new, tail, old) == 0 && rename(new, path) == 0)
        return 0;
    number = errno;
    unlink(new);
    errno = number;
    return -1;
}

/* Where the path is a symbolic link, it stays one. */
static int put_in_place(const char *path, const struct tail *tail, int old, struct err *err)
{
    char *real = realpath(path, NULL), *new = NULL;
    int result = -1;

    if (real && asprintf(&new, "%s.new", real) >= 0)
        result = replace(real, new, tail, old);
    if (result < 0)
        err_errno(err, ERR_LOCAL, errno, "cannot shorten %s", path);
    free(real);
    free(new);
    return result;
}

/* Where the locked file is more than `times` what is kept. */
static int shorten(const char *path, int fd, size_t times, struct err *err)
{
    struct tail tail = {0}, allowed;
    int result = tail_read(&tail, fd, err);

    allowed = tail;
    tail_shorten(&allowed, times * HISTORY_LINES, times * HISTORY_BYTES);
    if (result == 0 && !allowed.is_all) {
        tail_shorten(&tail, HISTORY_LINES, HISTORY_BYTES);
        result = put_in_place(path, &tail, fd, err);
    }
    free(tail.memory);
    return result;
}

int history_close(struct history *history, struct err *err)
{
    int result = 0;

    if (history->path && access(history->path, F_OK) == 0) {
        int fd = open_locked(history->path, O_RDWR, err);

        result = fd < 0 ? -1 : shorten(history->path, fd, 1, err);
        if (fd >= 0)
            close(fd);
    }
    free(history->path);
    *history = (struct history){0};
    return result;
}

/* ---- appending ---- */

static bool ends_within_a_line(int fd, off_t size)
{
    char last = '\n';

    return size && read_at(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* One write, which a full disk may cut: then the file becomes again what it was. */
static int write_line(const char *path, int fd, const char *line, struct err *err)
{
    struct iovec parts[] = {{(void *)"\n", 0}, {(void *)line, strlen(line)}, {(void *)"\n", 1}};
    struct stat status;
    ssize_t put;

    if (fstat(fd, &status) < 0)
        return err_errno(err, ERR_LOCAL, errno, "the history cannot be read");
    if (status.st_mode & 077)
        fchmod(fd, 0600); /* where it is ours */
    parts[0].iov_len = ends_within_a_line(fd, status.st_size);
    put = writev(fd, parts, 3);
    if (put == (ssize_t)(parts[0].iov_len + parts[1].iov_len + 1))
        return 0;
    err_errno(err, ERR_LOCAL, put < 0 ? errno : ENOSPC, "cannot write %s", path);
    if (put > 0 && ftruncate(fd, status.st_size) < 0)
        errno = 0; /* the next line begins a new one */
    return -1;
}

int history_append(const struct history *history, const char *line, struct err *err)
{
    int fd, result;

    if (!history->path || !is_kept(line, strlen(line)))
        return 0;
    fd = open_locked(history->path, O_RDWR | O_CREAT | O_APPEND, err);
    if (fd < 0)
        return -1;
    result = write_line(history->path, fd, line, err);
    if (result == 0)
        result = shorten(history->path, fd, 2, err);
    close(fd);
    return result;
}
