/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"

int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list arguments;

    if (!err)
        return -1;
    err->kind = kind;
    va_start(arguments, format);
    vsnprintf(err->sentence, sizeof err->sentence, language_text(format), arguments);
    va_end(arguments);
    language_trim(err->sentence);
    return -1;
}

const char *err_reason(int number)
{
    language_open();
    return strerror(number);
}

/* Cuts the text in front of the reason, never the reason. */
int err_errno(struct err *err, enum err_kind kind, int number, const char *format, ...)
{
    char what[ERR_SENTENCE];
    const char *reason = err_reason(number), *join = language_text(N_("%s: %s"));
    va_list arguments;

    if (!err)
        return -1;
    err->kind = kind;
    va_start(arguments, format);
    vsnprintf(what, sizeof what - (strlen(join) - strlen("%s%s")) - strlen(reason),
              language_text(format), arguments);
    va_end(arguments);
    language_trim(what);
    snprintf(err->sentence, sizeof err->sentence, join, what, reason);
    return -1;
}

bool err_is_shortage(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

bool err_is_of_peer(const struct err *err)
{
    return err->kind == ERR_NETWORK || err->kind == ERR_SECURITY;
}

enum err_kind err_network_kind(int number)
{
    return err_is_shortage(number) ? ERR_LOCAL : ERR_NETWORK;
}

int err_prefix(struct err *err, const char *source)
{
    struct err why;

    if (!err)
        return -1;
    why = *err;
    return err_set(err, why.kind, "%s: %s", source, why.sentence);
}

const char *err_behind(const struct err *err, const char *source)
{
    return err_behind_in(err, N_("%s: %s"), source);
}

const char *err_behind_in(const struct err *err, const char *format, const char *source)
{
    char front[ERR_SENTENCE];
    size_t n;

    snprintf(front, sizeof front, language_text(format), source, "");
    n = strlen(front);
    return !strncmp(err->sentence, front, n) ? err->sentence + n : NULL;
}

int err_memory(struct err *err)
{
    return err_set(err, ERR_LOCAL, "out of memory");
}

void err_keep(struct err *to, const struct err *from)
{
    if (to->kind == ERR_NONE)
        *to = *from;
}

int err_status(const struct err *err)
{
    switch (err->kind) {
    case ERR_NONE: return 0;
    case ERR_NETWORK: return 1;
    case ERR_USAGE: return 2;
    case ERR_TEXT: return 3;
    case ERR_TIMEOUT: return 4;
    case ERR_LOCAL:
    case ERR_FULL: return 5;
    case ERR_SECURITY: return 6;
    case ERR_PROGRAM: return 7;
    case ERR_PIPE: break;
    }
    return 5;
}
