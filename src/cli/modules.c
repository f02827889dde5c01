/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/modules.h"

#ifdef TCPCHAT_MODULES /* the folder of modules, from the program's folder */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Beside the program in a folder of a build, else where both were installed. */
static void find(char path[2 * PATH_MAX], const char *name)
{
    char program[PATH_MAX] = "";
    char *slash;

    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        *program = '\0';
    slash = strrchr(program, '/');
    *(slash ? slash : program) = '\0';
    snprintf(path, 2 * PATH_MAX, "%s/%s", program, name);
    if (access(path, F_OK) < 0)
        snprintf(path, 2 * PATH_MAX, "%s/%s/%s", program, TCPCHAT_MODULES, name);
}

const struct ui_module *modules_ui(struct err *err)
{
    static const struct ui_module *loaded;
    char path[2 * PATH_MAX];
    void *module;

    if (loaded)
        return loaded;
    find(path, "tcpchat-ui.so");
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    loaded = module ? dlsym(module, "ui_module") : NULL;
    if (!loaded)
        err_set(err, ERR_LOCAL,
                "cannot use the terminal: %s; it takes tcpchat-ui.so of tcpchat, and the package "
                "of readline (libreadline8 or readline)",
                dlerror());
    return loaded;
}
#else
const struct ui_module *modules_ui(struct err *err)
{
    (void)err;
    return &ui_module;
}
#endif
