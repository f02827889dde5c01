/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/modules.h"

#include <dlfcn.h>
#include <stdio.h>

#include "base/language.h"
#include "base/own_file.h"

#ifdef TCPCHAT_IS_ONE_FILE
const struct tls_module *modules_tls(struct err *err)
{
    err_set(err, ERR_LOCAL,
            "this tcpchat is one static file, which lacks OpenSSL, so that --tls and --sum need "
            "another build of tcpchat");
    return NULL;
}

const struct bot_module *modules_bot(struct err *err)
{
    (void)err;
    return &bot_module;
}
#else
/* The table of a module; NULL: see dlerror. */
static const void *load(const char *name, const char *table)
{
    char path[OWN_FILE_PATH], installed[OWN_FILE_PATH];
    void *module;

    snprintf(installed, sizeof installed, "%s/%s", TCPCHAT_MODULES, name);
    own_file_find(path, name, installed);
    language_open(); /* a module has a copy of its own */
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
                "cannot load OpenSSL, which --tls and --sum take: %s; it takes tcpchat-tls.so of "
                "tcpchat, which is built where OpenSSL 3 is (libssl-dev), and the package of "
                "OpenSSL (libssl3 or openssl)",
                dlerror());
    else if (!loaded->begin()) {
        err_memory(err);
        err_prefix(err, "OpenSSL");
        return NULL;
    }
    return loaded;
}

const struct bot_module *modules_bot(struct err *err)
{
    static const struct bot_module *loaded;

    if (!loaded)
        loaded = load("tcpchat-bot.so", "bot_module");
    if (!loaded)
        err_set(err, ERR_LOCAL,
                "cannot read patterns: %s; it takes tcpchat-bot.so of tcpchat, which is built "
                "where PCRE2 is (libpcre2-dev), and the package of PCRE2 (libpcre2-8-0 or pcre2)",
                dlerror());
    return loaded;
}
#endif

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
