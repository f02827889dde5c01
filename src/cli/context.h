/* SPDX-License-Identifier: GPL-3.0-or-later */
/* context: the options, the files and the command that the parts of a setup share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/files.h"
#include "cli/grants.h"
#include "cli/options.h"
#include "cli/route.h"
#include "cli/run.h"
#include "cli/setup_tls.h"
#include "net/address.h"
#include "net/handler.h"
#include "text/charset.h"

/* Events and questions for the command, listen or connect. */
struct command_events {
    /* The handler is done: nothing more is served. */
    handler_done *done;
    /* See struct handler. NULL: the command does not connect again. */
    handler_again *again;
    /* /lock and /unlock; see console_events. NULL: the command does not listen. */
    int (*lock)(void *owner, bool locked, char *sentence, size_t size, struct err *err);
    /* A sentence about peers that wait for a place; false: none waits. NULL: none ever does. */
    bool (*describe_waiting)(void *owner, char *sentence, size_t size);
    /* Whether the command listens at that address. NULL: never. */
    bool (*is_own)(void *owner, const struct endpoint *peer);
};

struct context {
    struct run *run;
    const struct options *options;
    const struct command_events *events;
    void *owner; /* of the events */
    struct route route;
    struct grants grants;
    struct charsets charsets;
    struct setup_tls tls;
    struct files files; /* opened before the first connection is served */
};

/* NULL: neither --transcript nor --events was given. */
static inline struct transcript *context_transcript(struct context *context)
{
    const struct options *options = context->options;

    return options->transcript || options->events ? &context->files.transcript : NULL;
}

/* The way to files once the run is set up. *context must stay at its address; it may be zeroed. */
static inline struct opener context_opener(struct context *context)
{
    return granted_files_opener(&context->grants.files.files);
}
