/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/modules.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Beside the program in a folder of a build, else where both were installed: TCPCHAT_MODULES is the
 * folder of modules, from the program's folder. */
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

/* The table of a module; NULL: see dlerror. */
static const void *load(const char *name, const char *table)
{
    char path[2 * PATH_MAX];
    void *module;

    find(path, name);
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return module ? dlsym(module, table) : NULL;
}

const struct tls_module *modules_tls(struct err *err)
{
    static const struct tls_module *loaded;

    if (!loaded)
        loaded = load("tcpchat-tls.so", "tls_module");
    if (!loaded)
        err_set(err, ERR_LOCAL,
                "cannot speak TLS: %s; it takes tcpchat-tls.so of tcpchat, which is built where "
                "OpenSSL 3 is (libssl-dev), and the package of OpenSSL (libssl3 or openssl)",
                dlerror());
    return loaded;
}

#ifdef TCPCHAT_UI_IS_MODULE
const struct ui_module *modules_ui(struct err *err)
{
    static const struct ui_module *loaded;

    if (!loaded)
        loaded = load("tcpchat-ui.so", "ui_module");
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
