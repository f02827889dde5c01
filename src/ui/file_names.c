/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/file_names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/readline.h>

#include "base/status.h"
#include "ui/prompt.h"

static bool is_on(const char *variable)
{
    const char *value = rl_variable_value(variable);

    return value && !strcmp(value, "on");
}

/* A tilde is expanded for the folder, and stays in what is typed. */
void file_names_begin(struct file_names *files, struct opener opener, const char *typed)
{
    const char *slash = strrchr(typed, '/');
    int fd;

    file_names_end(files);
    files->opener = opener;
    files->typed = typed;
    files->head = slash ? (size_t)(slash - typed) + 1 : 0;
    files->folder = files->head ? prompt_path(typed, files->head) : strdup("./");
    fd = files->folder ? opener_open(opener, files->folder, OPENER_LIST) : -1;
    if (fd < 0)
        return;
    files->names = fdopendir(fd);
    if (!files->names)
        close(fd);
}

static bool is_wanted(const char *name, const char *stem)
{
    bool is_dots = !strcmp(name, ".") || !strcmp(name, "..");

    if (!*stem)
        return !is_dots && (*name != '.' || is_on("match-hidden-files"));
    return is_on("completion-ignore-case") ? !strncasecmp(name, stem, strlen(stem))
                                           : !strncmp(name, stem, strlen(stem));
}

static bool is_folder(const struct file_names *files, const struct dirent *entry)
{
    struct stat status;
    char *path;
    int fd = -1;
    bool is_one;

    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    if (asprintf(&path, "%s%s", files->folder, entry->d_name) >= 0) {
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
    const struct dirent *entry;
    char *path;

    do
        entry = files->names ? readdir(files->names) : NULL;
    while (entry && !is_wanted(entry->d_name, files->typed + files->head));
    if (!entry || asprintf(&path, "%.*s%s%s", (int)files->head, files->typed, entry->d_name,
                           is_folder(files, entry) ? "/" : "") < 0)
        return NULL;
    return path;
}

void file_names_end(struct file_names *files)
{
    if (files->names)
        closedir(files->names);
    free(files->folder);
    *files = (struct file_names){0};
}
