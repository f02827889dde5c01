/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/same_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/status.h"
#include "io/path.h"

enum { LINKS = 40 /* as many as the system follows */ };

/* WRITES_LINES: "-" means standard error, for lines that a person reads. */
enum use_of_file { READS = 1, WRITES = 2, WRITES_LINES = WRITES | 4 };

/* A regular file; or, with `name`, a directory and the name of a file to come. */
struct identity {
    bool is_known;
    dev_t device;
    ino_t inode;
    char name[NAME_MAX + 1];
};

struct use {
    const char *name; /* of the option, or "standard input" */
    const char *path; /* NULL: a standard descriptor */
    enum use_of_file how;
    int fd; /* -1: the path means no descriptor */
    struct identity identity;
};

/* ---- identity ---- */

static struct identity identity_of(const struct stat *status)
{
    return (struct identity){
        .is_known = S_ISREG(status->st_mode), .device = status->st_dev, .inode = status->st_ino};
}

static struct identity identity_of_descriptor(int fd)
{
    struct stat status;

    return status_of(fd, &status) == 0 ? identity_of(&status)
                                       : (struct identity){.is_known = false};
}

/* Replaces a dangling link by its target; false: the path is no such link. */
static bool follow(char path[PATH_MAX])
{
    char target[PATH_MAX], joined[2 * PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    char *slash = strrchr(path, '/');

    if (length < 0)
        return false;
    target[length] = '\0';
    if (*target == '/' || !slash)
        snprintf(joined, sizeof joined, "%s", target);
    else
        snprintf(joined, sizeof joined, "%.*s/%s", (int)(slash - path), path, target);
    return snprintf(path, PATH_MAX, "%s", joined) < PATH_MAX;
}

static struct identity identity_of_new(const char *wanted)
{
    struct identity identity = {.is_known = false};
    char path[PATH_MAX], folder[PATH_MAX];
    const char *slash, *name;
    struct stat status;

    snprintf(path, sizeof path, "%s", wanted);
    for (int i = 0; i < LINKS && follow(path); i++)
        ;
    slash = strrchr(path, '/');
    name = slash ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    if (stat(folder, &status) < 0 || strlen(name) > NAME_MAX)
        return identity;
    identity = (struct identity){true, status.st_dev, status.st_ino, ""};
    strcpy(identity.name, name);
    return identity;
}

static struct identity identity_of_path(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0)
        return identity_of(&status);
    return errno == ENOENT ? identity_of_new(path) : (struct identity){.is_known = false};
}

static bool are_same(const struct identity *one, const struct identity *other)
{
    return one->is_known && other->is_known && one->device == other->device &&
           one->inode == other->inode && !strcmp(one->name, other->name);
}

/* ---- uses ---- */

/* Options come first, as in the sentences. */
struct uses {
    struct use *items;
    size_t count;
};

static void add(struct uses *uses, const char *name, const char *path, enum use_of_file how)
{
    struct use *use = &uses->items[uses->count];

    if (!path)
        return;
    *use = (struct use){.name = name, .path = path, .how = how};
    use->fd = how & WRITES ? path_descriptor(path) : -1;
    use->identity = use->fd >= 0 ? identity_of_descriptor(use->fd) : identity_of_path(path);
    uses->count++;
}

static void add_all(struct uses *uses, const char *name, const char *const *paths)
{
    for (; paths && *paths; paths++)
        add(uses, name, *paths, READS);
}

static void add_standard(struct uses *uses, const char *name, int fd, enum use_of_file how)
{
    uses->items[uses->count++] =
        (struct use){.name = name, .how = how, .fd = fd, .identity = identity_of_descriptor(fd)};
}

static size_t length_of(const char *const *paths)
{
    size_t length = 0;

    while (paths && paths[length])
        length++;
    return length;
}

static void collect(struct uses *uses, const struct options *options)
{
    add(uses, "-o", options->output, WRITES);
    add(uses, "-x", options->hex_dump, WRITES_LINES);
    add(uses, "--record", options->record, WRITES);
    add(uses, "--transcript", options->transcript, WRITES_LINES);
    add(uses, "--events", options->events, WRITES_LINES);
    add(uses, "--port-file", options->port_file, WRITES);
    add_all(uses, "--allow-file", (const char *const *)options->allow_file);
    add_all(uses, "--deny-file", (const char *const *)options->deny_file);
    add(uses, "--replay", options->replay, READS);
    add(uses, "--proxy-auth-file", options->proxy_auth_file, READS);
    add(uses, "--rules", options->rules, READS);
    add(uses, "--script", options->script, READS);
    add(uses, "--tls-ca", options->tls_ca, READS);
    add(uses, "--tls-cert", options->tls_cert, READS);
    add(uses, "--tls-key", options->tls_key, READS);
    add(uses, "--tls-client-ca", options->tls_client_ca, READS);
    add(uses, "--tls-crl", options->tls_crl, READS);
    add_standard(uses, N_("standard input"), STDIN_FILENO, READS);
    add_standard(uses, N_("standard output"), STDOUT_FILENO, WRITES);
    add_standard(uses, N_("standard error"), STDERR_FILENO, WRITES);
}

/* ---- the check ---- */

static bool is_standard_error(const struct use *use)
{
    return use->fd == STDERR_FILENO;
}

static bool exclude_each_other(const struct use *one, const struct use *other)
{
    if (is_standard_error(one) || (is_standard_error(other) && !one->path))
        return one->path && other->path && is_standard_error(other);
    return (one->how | other->how) & WRITES && are_same(&one->identity, &other->identity);
}

static int check_alone(const struct use *use, struct err *err)
{
    if (use->path && use->fd >= 0 && strcmp(use->path, "-"))
        return path_check(use->path, use->path, err);
    if (!use->path || strcmp(use->path, "-") || use->how == WRITES_LINES)
        return 0;
    if (!strcmp(use->name, "-o"))
        return err_set(err, ERR_USAGE,
                       "-o -: standard output gets what is received anyway; "
                       "a file of that name is ./-");
    return err_set(err, ERR_USAGE, "%s -: a file of that name is ./-", use->name);
}

static int refuse(const struct use *one, const struct use *other, struct err *err)
{
    if (!one->path)
        return err_set(err, ERR_USAGE, "%s and %s are the same file", language_text(one->name),
                       language_text(other->name));
    return err_set(err, ERR_USAGE, "%s and %s are the same file '%.256s'", language_text(one->name),
                   language_text(other->name), one->path);
}

static int check(const struct uses *uses, struct err *err)
{
    for (size_t i = 0; i < uses->count; i++) {
        if (check_alone(&uses->items[i], err) < 0)
            return -1;
        for (size_t j = i + 1; j < uses->count; j++)
            if (exclude_each_other(&uses->items[i], &uses->items[j]))
                return refuse(&uses->items[i], &uses->items[j], err);
    }
    return 0;
}

int same_file_check(const struct options *options, struct err *err)
{
    enum { FEW = 18 };
    size_t most = FEW + length_of((const char *const *)options->allow_file) +
                  length_of((const char *const *)options->deny_file);
    struct uses uses = {.items = calloc(most, sizeof *uses.items)};
    int result;

    if (!uses.items)
        return err_memory(err);
    collect(&uses, options);
    result = check(&uses, err);
    free(uses.items);
    return result;
}
