/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/file_grants.h"

#include <stdlib.h>

#include "cli/run.h"
#include "io/home_file.h"

/* Ways of granted files, as io/path, ui/history and ui/saved_messages take them. */
enum {
    READS = 1 << OPENER_READ,
    REMOVES = READS | 1 << OPENER_REMOVE,
    APPENDS = 1 << OPENER_APPEND | 1 << OPENER_LOOK,
    APPENDS_LINES = APPENDS | READS | 1 << OPENER_WRITE, /* a torn line is seen */
    APPENDS_PRIVATE_LINES =
        1 << OPENER_APPEND_PRIVATE | 1 << OPENER_LOOK | READS | 1 << OPENER_WRITE,
    KEEPS_LINES =
        READS | 1 << OPENER_LOOK | 1 << OPENER_KEEP | 1 << OPENER_CHANGE | 1 << OPENER_MAKE_FOLDER,
    REPLACES = READS | 1 << OPENER_BESIDE | 1 << OPENER_REPLACE | 1 << OPENER_DISCARD |
               1 << OPENER_MAKE_FOLDER,
};

static int allow(struct file_grants *grants, struct helper *helper, const char *path, unsigned ways,
                 struct err *err)
{
    return path ? granted_files_add(&grants->files, helper, path, ways, err) : 0;
}

static int allow_list(struct file_grants *grants, struct helper *helper, const char **paths,
                      struct err *err)
{
    int result = 0;

    for (; paths && *paths && result == 0; paths++)
        result = allow(grants, helper, *paths, READS, err);
    return result;
}

static int allow_daemon(struct file_grants *grants, struct helper *helper,
                        const struct options *options, struct err *err)
{
    const struct {
        const char *path;
        unsigned ways;
    } files[] = {
        {options->output, APPENDS},
        {options->hex_dump, APPENDS_LINES},
        {options->transcript, APPENDS_LINES},
        {options->events, APPENDS_PRIVATE_LINES},
        {options->record, APPENDS_PRIVATE_LINES},
        {options->tls_cert, READS},
        {options->tls_key, READS},
        {options->tls_crl, READS},
        {options->tls_ca, READS},
        {options->tls_client_ca, READS},
    };
    int result = allow_list(grants, helper, options->allow_file, err);

    if (result == 0)
        result = allow_list(grants, helper, options->deny_file, err);
    for (size_t i = 0; i < sizeof files / sizeof *files && result == 0; i++)
        result = allow(grants, helper, files[i].path, files[i].ways, err);
    return result;
}

/* A person is told of a file without a place when it is used. */
static int allow_person(struct file_grants *grants, struct helper *helper,
                        const struct options *options, struct err *err)
{
    int result = granted_files_add(&grants->files, helper, NULL, GRANTED_TYPED, err);

    if (result == 0 && !options->no_history &&
        home_file_find(&home_file_history, &grants->history, NULL) == 0)
        result = allow(grants, helper, grants->history, KEEPS_LINES, err);
    if (result == 0 && home_file_find(&home_file_messages, &grants->messages, NULL) == 0)
        result = allow(grants, helper, grants->messages, REPLACES, err);
    return result;
}

int file_grants_allow(struct file_grants *grants, struct helper *helper,
                      const struct options *options, struct err *err)
{
    bool is_daemon = options->command == COMMAND_LISTEN && run_is_daemon();
    int result = is_daemon ? allow_daemon(grants, helper, options, err) : 0;

    if (result == 0 && options->has_person)
        result = allow_person(grants, helper, options, err);
    return result == 0 ? allow(grants, helper, options->port_file, REMOVES, err) : -1;
}

void file_grants_fini(struct file_grants *grants)
{
    granted_files_fini(&grants->files);
    free(grants->history);
    free(grants->messages);
    *grants = (struct file_grants){0};
}
