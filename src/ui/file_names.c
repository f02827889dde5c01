/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/file_names.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <readline/readline.h>

#include "base/status.h"
#include "ui/prompt.h"

/* Linux: struct linux_dirent64 of getdents64(2). */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type; /* DT_DIR and the others */
    char name[];
};

static bool is_on(const char *variable)
{
    const char *value = rl_variable_value(variable);

    return value && !strcmp(value, "on");
}

/* A tilde is expanded for the folder, and stays in what is typed. */
void file_names_begin(struct file_names *files, struct opener opener, const char *typed)
{
    const char *slash = strrchr(typed, '/');

    file_names_end(files);
    files->opener = opener;
    files->typed = typed;
    files->head = slash ? (size_t)(slash - typed) + 1 : 0;
    files->folder = files->head ? prompt_path(typed, files->head) : strdup("./");
    files->names = files->folder ? opener_open(opener, files->folder, OPENER_LIST) : -1;
    files->is_open = files->names >= 0;
}

/* Without opendir(3), which asks for the status of the folder by an empty name: see base/status. */
static const struct entry *read_entry(struct file_names *files)
{
    const struct entry *entry;
    long got;

    if (files->next == files->filled && files->is_open) {
        got = syscall(SYS_getdents64, files->names, files->block, sizeof files->block);
        files->next = 0;
        files->filled = got > 0 ? (size_t)got : 0;
    }
    if (files->next == files->filled)
        return NULL;
    entry = (const struct entry *)(files->block + files->next);
    files->next += entry->length;
    return entry;
}

static bool is_wanted(const char *name, const char *stem)
{
    bool is_dots = !strcmp(name, ".") || !strcmp(name, "..");

    if (!*stem)
        return !is_dots && (*name != '.' || is_on("match-hidden-files"));
    return is_on("completion-ignore-case") ? !strncasecmp(name, stem, strlen(stem))
                                           : !strncmp(name, stem, strlen(stem));
}

static bool is_folder(const struct file_names *files, const struct entry *entry)
{
    struct stat status;
    char *path;
    int fd = -1;
    bool is_one;

    if (entry->type != DT_LNK && entry->type != DT_UNKNOWN)
        return entry->type == DT_DIR;
    if (asprintf(&path, "%s%s", files->folder, entry->name) >= 0) {
        fd = opener_open(files->opener, path, OPENER_LOOK);
        free(path);
    }
    is_one = fd >= 0 && status_of(fd, &status) == 0 && S_ISDIR(status.st_mode);
    if (fd >= 0)
        close(fd);
    return is_one;
}

char *file_names_next(struct file_names *files)
{
    const struct entry *entry;
    char *path;

    do
        entry = read_entry(files);
    while (entry && !is_wanted(entry->name, files->typed + files->head));
    if (!entry || asprintf(&path, "%.*s%s%s", (int)files->head, files->typed, entry->name,
                           is_folder(files, entry) ? "/" : "") < 0)
        return NULL;
    return path;
}

void file_names_end(struct file_names *files)
{
    if (files->is_open)
        close(files->names);
    free(files->folder);
    *files = (struct file_names){0};
}
