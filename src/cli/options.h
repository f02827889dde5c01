/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options: the command line and the environment's preferences as one value.
 *
 * Values are checked here, once; from then on they are const. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/address.h"
#include "room/mode.h"
#include "text/codec.h"

enum command {
    COMMAND_LISTEN = 1,
    COMMAND_CONNECT = 2,
    COMMAND_BOTH = COMMAND_LISTEN | COMMAND_CONNECT,
};

/* A time of the user's; `given` tells 0 from "not said". */
struct duration {
    bool given;
    uint64_t ms;
};

/* A number of bytes, or of lines a second. */
struct size {
    bool given;
    size_t bytes;
};

struct per_second {
    bool given;
    double value;
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    enum command command;
    bool talks;   /* with a person at a terminal, not between pipes */
    bool bridges; /* to a program or another address */
    bool gathers; /* in a room: with a person, or with many */
    bool help;    /* asked for: nothing else counts */
    struct address address;
    bool ipv4, ipv6, numeric;
    const char *encoding;       /* what the peer speaks; NULL: not said */
    const char *local_encoding; /* NULL: the locale's */
    struct text_options text;
    unsigned verbose; /* how often -v was given */
    struct duration connect_timeout, listen_timeout, idle_timeout, quit_after, retry;
    bool end_with_peer, no_shutdown, send_only, recv_only;
    const char *source;
    unsigned source_port; /* 0: any */
    bool probe, once, keep_open;
    const char *output, *port_file, *transcript;
    const char *name;          /* in the local charset; NULL: not said */
    const char *name_variable; /* where it comes from; NULL: from the command line */
    bool raw, no_history, timestamps;
    enum color color;
    bool chat, broker, no_commands, hang_up;
    const char *reply, *exec, *sh_exec;
    const char *forward, *forward_encoding;
    struct address forward_address; /* of `forward` */
    const char *hex_dump;
    bool progress;
    struct size max_queue;
    struct per_second rate;
    unsigned max_peers, max_per_host; /* 0: no limit */
    /* All that were given, up to NULL, and options_fini frees the array; NULL: none. */
    const char **allow, **deny, **allow_file, **deny_file;
    struct duration drain;
    bool accepted_silently; /* what the other netcats need and tcpchat does anyway */
};

/* Reads argv[1..], where argv[0] is the command's name, and the environment. The strings in
 * *options are those of argv and of the environment. An option that is given twice counts as it was
 * given last; a list adds up. ERR_USAGE says what is right; ERR_LOCAL: memory is short. After a
 * failure nothing has to be released. */
int options_parse(struct options *options, enum command command, int argc, char **argv,
                  struct err *err);
void options_fini(struct options *options);

/* Settles what depends on where it runs: whether a person is there, and what then counts.
 * `at_terminal`: both standard input and standard output are terminals. */
int options_settle(struct options *options, bool at_terminal, struct err *err);

/* Whether bytes are to stay as they are. */
bool options_are_raw(const struct options *options);

/* The shape of the conversation, after options_settle; for a room. */
const struct mode *options_mode(const struct options *options);
