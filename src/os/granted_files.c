/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/granted_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/status.h"
#include "io/path.h"

/* ---- in the helper ---- */

/* The home of a user is looked up here, because a confined run cannot. NULL: there is no such user.
 */
static char *expand_user(const char *path)
{
    size_t n = strcspn(path, "/");
    char *name = *path == '~' && n > 1 ? strndup(path + 1, n - 1) : NULL;
    const struct passwd *user = name ? getpwnam(name) : NULL;
    char *expanded = NULL;

    free(name);
    if (!user || asprintf(&expanded, "%s%s", user->pw_dir, path + n) < 0)
        return NULL;
    return expanded;
}

/* A process has its memory and more in there. */
static bool is_of_proc(int fd)
{
    struct statfs filesystem;

    return fstatfs(fd, &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC;
}

/* The file behind a descriptor of O_PATH, which it takes, is opened. */
static int open_looked_at(int looked_at, const struct opener_question *question)
{
    char path[40];
    int fd;

    sprintf(path, "/proc/self/fd/%d", looked_at);
    fd = opener_answer_itself(NULL, path, question);
    close(looked_at);
    return fd;
}

/* To open a device or a FIFO may do something already. The run has only the status of one. */
static int open_typed(const char *path, const struct opener_question *question)
{
    static const struct opener_question look = {.how = OPENER_LOOK};
    int fd = opener_answer_itself(NULL, path, &look);
    struct stat status;

    if (fd < 0 || question->how == OPENER_LOOK || status_of(fd, &status) < 0 ||
        (question->how == OPENER_READ && !S_ISREG(status.st_mode)))
        return fd;
    if (!is_of_proc(fd))
        return open_looked_at(fd, question);
    close(fd);
    errno = EACCES;
    return -1;
}

static int answer_typed(const char *path, const struct opener_question *question)
{
    char *expanded = expand_user(path);
    int answer = open_typed(expanded ? expanded : path, question), number = errno;

    free(expanded);
    errno = number;
    return answer;
}

static bool is_granted(const struct granted_file *file, const struct opener_question *question)
{
    return question->how < OPENER_HOWS && file->ways >> question->how & 1;
}

/* Only a folder that leads to the file is made. */
static bool is_sound(const char *path, const struct opener_question *question)
{
    return question->how != OPENER_MAKE_FOLDER ||
           (question->folder < strlen(path) && path[question->folder] == '/');
}

static int answer(const struct granted_files *files, const struct parcel *request,
                  struct opener_question *question)
{
    const struct granted_file *file;

    errno = EPERM;
    if (request->value < 0 || (uint64_t)request->value >= files->count ||
        request->length < sizeof *question)
        return -1;
    file = &files->items[request->value];
    memcpy(question, request->bytes, sizeof *question);
    if (!is_granted(file, question))
        return -1;
    if (!file->path)
        return answer_typed(request->bytes + sizeof *question, question);
    return is_sound(file->path, question) ? opener_answer_itself(NULL, file->path, question) : -1;
}

static void serve(struct helper *helper, void *owner, const struct parcel *request,
                  struct parcel *reply)
{
    struct opener_question question;
    int answered = answer(owner, request, &question);

    (void)helper;
    if (answered < 0)
        reply->value = -errno;
    else if (question.how <= OPENER_BESIDE)
        reply->fds[reply->fd_count++] = answered;
}

/* ---- in the run ---- */

int granted_files_add(struct granted_files *files, struct helper *helper, const char *path,
                      unsigned ways, struct err *err)
{
    struct granted_file *items = reallocarray(files->items, files->count + 1, sizeof *files->items);

    if (!items)
        return err_memory(err);
    files->items = items;
    items[files->count++] = (struct granted_file){path, ways};
    if (files->count == 1)
        helper_grant(helper, &files->grant, serve, files);
    return 0;
}

void granted_files_fini(struct granted_files *files)
{
    free(files->items);
    *files = (struct granted_files){0};
}

/* A path that is granted by itself is not asked for as a typed one. `count`: there is none. */
static size_t find(const struct granted_files *files, const char *path,
                   const struct opener_question *question)
{
    size_t typed = files->count;

    for (size_t i = 0; i < files->count; i++)
        if (is_granted(&files->items[i], question)) {
            if (!files->items[i].path)
                typed = i;
            else if (!strcmp(files->items[i].path, path))
                return i;
        }
    return typed;
}

static int read_again(int descriptor)
{
    struct stat status;
    int fd = -1;

    if (status_of(descriptor, &status) == 0 && !S_ISREG(status.st_mode))
        errno = ENODATA;
    else
        fd = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static int ask(void *owner, const char *path, const struct opener_question *question)
{
    const struct granted_files *files = owner;
    size_t number = find(files, path, question);
    struct parcel request = {.value = (int64_t)number}, reply;

    if (!files->is_confined)
        return opener_answer_itself(NULL, path, question);
    if (question->how == OPENER_READ && *path == '/' && path_descriptor(path) >= 0)
        return read_again(path_descriptor(path));
    errno = EPERM;
    if (number == files->count || parcel_put(&request, question, sizeof *question) < 0 ||
        (!files->items[number].path && parcel_put(&request, path, strlen(path)) < 0) ||
        helper_ask(&files->grant, &request, &reply) < 0)
        return -1;
    return reply.fd_count ? reply.fds[0] : 0;
}

struct opener granted_files_opener(struct granted_files *files)
{
    return (struct opener){ask, files};
}
