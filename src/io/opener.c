/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a file beside another one ---- */

static struct {
    char *name, *target; /* NULL: there is none */
} beside;

static int forget_beside(int result)
{
    int number = errno;

    free(beside.name);
    free(beside.target);
    beside.name = beside.target = NULL;
    errno = number;
    return result;
}

static int end_beside(bool replaces)
{
    int result = -1;

    errno = ENOENT;
    if (beside.name && replaces)
        result = rename(beside.name, beside.target);
    else if (beside.name)
        result = unlink(beside.name);
    return result < 0 && replaces ? -1 : forget_beside(result);
}

/* A symbolic link stays one. */
static int open_beside(const char *path)
{
    int fd;

    end_beside(false);
    beside.target = realpath(path, NULL);
    if (!beside.target)
        beside.target = strdup(path);
    if (!beside.target || asprintf(&beside.name, "%s.XXXXXX", beside.target) < 0) {
        beside.name = NULL;
        return forget_beside(-1);
    }
    fd = mkostemp(beside.name, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        forget_beside(-1);
    return fd;
}

/* ---- folders, and the end of a file ---- */

/* A folder that is there may fail with another error than EEXIST. */
static int make_folder(const char *path, size_t n)
{
    char *folder = strndup(path, n);
    struct stat status;
    int number, result = folder ? mkdir(folder, 0700) : -1;

    number = errno;
    if (folder && result < 0 && stat(folder, &status) == 0 && S_ISDIR(status.st_mode))
        result = 0;
    free(folder);
    errno = number;
    return result;
}

static int remove_file(const char *path, const struct opener_question *question)
{
    struct stat status;

    if (lstat(path, &status) < 0)
        return -1;
    if (status.st_dev == question->device && status.st_ino == question->inode)
        return unlink(path);
    errno = ESTALE;
    return -1;
}

/* ---- all ---- */

static int open_path(const char *path, enum opener_how how)
{
    static const struct {
        int flags;
        mode_t mode;
    } ways[] = {
        [OPENER_READ] = {O_RDONLY, 0},
        [OPENER_WRITE] = {O_WRONLY, 0},
        [OPENER_APPEND] = {O_WRONLY | O_CREAT | O_APPEND, 0666},
        [OPENER_APPEND_PRIVATE] = {O_WRONLY | O_CREAT | O_APPEND, 0600},
        [OPENER_TRUNCATE] = {O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0666},
        [OPENER_TRUNCATE_PRIVATE] = {O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0600},
        [OPENER_KEEP] = {O_RDWR | O_CREAT | O_APPEND, 0600},
        [OPENER_CHANGE] = {O_RDWR, 0},
        [OPENER_LOOK] = {O_PATH, 0},
        [OPENER_LIST] = {O_RDONLY | O_DIRECTORY, 0},
    };

    return open(path, ways[how].flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, ways[how].mode);
}

int opener_answer_itself(void *owner, const char *path, const struct opener_question *question)
{
    (void)owner;
    switch (question->how) {
    case OPENER_BESIDE: return open_beside(path);
    case OPENER_REPLACE: return end_beside(true);
    case OPENER_DISCARD: return end_beside(false);
    case OPENER_MAKE_FOLDER: return make_folder(path, question->folder);
    case OPENER_REMOVE: return remove_file(path, question);
    default: return open_path(path, question->how);
    }
}

static int ask(struct opener opener, const char *path, struct opener_question question)
{
    opener_answer *answer = opener.answer ? opener.answer : opener_answer_itself;

    return answer(opener.owner, path, &question);
}

int opener_open(struct opener opener, const char *path, enum opener_how how)
{
    return ask(opener, path, (struct opener_question){.how = how});
}

int opener_replace(struct opener opener, const char *path)
{
    return ask(opener, path, (struct opener_question){.how = OPENER_REPLACE});
}

void opener_discard(struct opener opener, const char *path)
{
    ask(opener, path, (struct opener_question){.how = OPENER_DISCARD});
}

int opener_make_folder(struct opener opener, const char *path, size_t n)
{
    return ask(opener, path,
               (struct opener_question){.how = OPENER_MAKE_FOLDER, .folder = (uint32_t)n});
}

void opener_remove(struct opener opener, const char *path, dev_t device, ino_t inode)
{
    ask(opener, path,
        (struct opener_question){.how = OPENER_REMOVE, .device = device, .inode = inode});
}
