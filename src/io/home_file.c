/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/home_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct home_file_place home_file_history = {"XDG_STATE_HOME", ".local/state", "history"};
const struct home_file_place home_file_messages = {"XDG_CONFIG_HOME", ".config", "messages"};

static bool is_absolute(const char *path)
{
    return path && *path == '/';
}

int home_file_find(const struct home_file_place *place, char **path, struct err *err)
{
    const char *folder = getenv(place->variable), *home = getenv("HOME");
    bool has_folder = is_absolute(folder);

    *path = NULL;
    if (!has_folder && !is_absolute(home))
        return err_set(err, ERR_LOCAL, "neither %s nor HOME is an absolute path", place->variable);
    if (asprintf(path, "%s%s%s/tcpchat/%s", has_folder ? folder : home, has_folder ? "" : "/",
                 has_folder ? "" : place->folder, place->name) < 0) {
        *path = NULL;
        return err_memory(err);
    }
    return 0;
}

/* The home folder itself is not made. */
int home_file_make_folders(const struct home_file_place *place, const char *path,
                           struct opener opener, struct err *err)
{
    size_t there = is_absolute(getenv(place->variable)) ? 0 : strlen(getenv("HOME"));

    for (const char *slash = path + there; (slash = strchr(slash + 1, '/'));) {
        int n = (int)(slash - path), number;
        char reason[sizeof err->sentence];

        if (opener_make_folder(opener, path, (size_t)n) == 0)
            continue;
        number = errno;
        snprintf(reason, sizeof reason, "%.*s", n, path);
        return err_errno(err, ERR_LOCAL, number, "cannot make %s", reason);
    }
    return 0;
}
