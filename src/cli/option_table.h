/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option_table: every option: one row of the table and one field of struct options.
 *
 * Parsing, --help, the names of environment variables and the hidden `tcpchat __options` come from
 * the table; tests hold the man page and the completions against it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"
#include "text/codec.h"
#include "text/framing.h"
#include "text/views.h"

enum command {
    COMMAND_LISTEN = 1,
    COMMAND_CONNECT = 2,
    COMMAND_BOTH = COMMAND_LISTEN | COMMAND_CONNECT,
};

/* ---- values: 0 throughout where the option is missing; `given` comes first ---- */

/* A time; `given` tells 0 from an option that is missing. */
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

/* How often something is tried in a row; most 0: without limit. */
struct attempts {
    bool given;
    unsigned most;
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    enum command command;
    /* Set by options_settle: */
    bool has_person; /* at a terminal, not a pipe */
    bool is_proxy;   /* to a program, a recording or another address: no standard input */
    bool answers;    /* this side does so by --reply, --rules or --script */
    bool is_room;    /* with a person, a bot, or many peers */
    bool help;       /* nothing else counts */
    struct address address;
    bool ipv4, ipv6, numeric;
    const char *encoding;       /* of the peer; NULL: not given */
    const char *local_encoding; /* NULL: the locale's */
    struct text_options text;
    struct framing message; /* FRAMING_LINES: not given */
    enum view view;         /* VIEW_PLAIN: not given */
    unsigned verbose;       /* how often -v was given */
    struct duration connect_timeout, listen_timeout, idle_timeout, quit_after, retry;
    bool literal;
    bool end_with_peer, no_shutdown, send_only, recv_only;
    const char *source;
    unsigned source_port; /* 0: any */
    bool probe, once, keep_open;
    const char *output, *port_file, *transcript, *events, *record, *replay;
    bool pace, sum;
    struct attempts reconnect;
    const char *name;          /* in the local charset; NULL: not given */
    const char *name_variable; /* the source of the name; NULL: the command line */
    bool raw, no_history, timestamps;
    enum color color;
    bool chat, broker, no_commands, hang_up;
    const char *reply, *rules, *script, *exec, *sh_exec;
    const char *forward, *forward_encoding;
    struct address forward_address;      /* of `forward` */
    const char *proxy, *proxy_auth_file; /* the login of `proxy` is overwritten, */
    char *proxy_login;                   /* and stands here; NULL: it has none */
    bool proxy_protocol;
    bool forward_tls; /* it is written tls:HOST:PORT */
    const char *hex_dump;
    bool progress, explain, no_reuse;
    unsigned backlog; /* 0: as many as usual */
    struct size max_queue;
    struct per_second rate;
    unsigned max_peers, max_per_host; /* 0: no limit */
    /* All arguments of an option, up to NULL; options_fini frees the arrays. NULL: not given. */
    const char **allow, **deny, **allow_file, **deny_file;
    bool tls, tls_insecure;
    const char *tls_ca, *tls_name, *tls_cert, *tls_key, *tls_client_ca, *tls_crl, *tls_alpn;
    const char **tls_pin; /* as the lists above */
    struct duration drain;
    bool no_sandbox;
    bool accepted_silently; /* the default here, an option of other netcats */
};

/* ---- rows ---- */

/* The type of a field; option_value reads its text. */
enum option_type {
    OPTION_FLAG,         /* bool */
    OPTION_REPEATED,     /* unsigned: how often the flag is given */
    OPTION_TEXT,         /* const char * */
    OPTION_LIST,         /* const char ** up to NULL; an option given often adds up */
    OPTION_CHARSET,      /* const char *, checked */
    OPTION_PEER_CHARSET, /* the same, a list, auto or raw; a variable counts at a terminal only */
    OPTION_TIME,         /* struct duration */
    OPTION_DEADLINE,     /* the same, above 0 */
    OPTION_PORT,         /* unsigned */
    OPTION_BAD_TEXT,     /* struct text_options, but for its eol */
    OPTION_CRLF,         /* enum codec_eol, a flag */
    OPTION_EOL,          /* the same, a word */
    OPTION_COLOR,        /* enum color */
    OPTION_SIZE,         /* struct size */
    OPTION_RATE,         /* struct per_second */
    OPTION_COUNT,        /* unsigned, above 0 */
    OPTION_MESSAGE,      /* struct framing */
    OPTION_VIEW,         /* enum view */
    OPTION_ATTEMPTS,     /* struct attempts; the number may be left out */
};

/* The page of `tcpchat help TOPIC` that has the option. */
enum topic {
    TOPIC_CONVERSATION,
    TOPIC_TEXT,
    TOPIC_TIME,
    TOPIC_FILES,
    TOPIC_PEOPLE,
    TOPIC_PROGRAMS,
    TOPIC_SECURITY,
    TOPIC_DEVICES,
    TOPIC_LEARNING,
    TOPICS
};

/* Texts stand in the row: a pointer would cost each start a relocation. */
struct option_row {
    char letter;       /* 0: none */
    char name[20];     /* "": none */
    char argument[24]; /* "": a flag; "[=MAX]" may be left out */
    unsigned where;    /* a set of enum command */
    unsigned topic;    /* enum topic */
    enum option_type type;
    size_t target;     /* offset in struct options */
    char variable[24]; /* "": no preference */
    char help[232];    /* "": accepted, not shown */
    char brief[52];    /* a row of `tcpchat help` for a common option; "": it is none */
};

enum { OPTION_ROWS_MAX = 96 };

extern const struct option_row option_table[];
extern const size_t option_row_count;

/* Whether the option stands without its argument, too. */
static inline bool option_row_is_optional(const struct option_row *row)
{
    return *row->argument == '[';
}

/* The row of an option as it is typed, "-k" or "--chat". NULL: none. */
const struct option_row *option_row_find(const char *typed);

/* Whether a row is that of an option as it is typed. */
bool option_row_is(const struct option_row *row, const char *typed);

/* The variables that hold preferences, up to NULL. */
void option_table_preferences(const char *names[OPTION_ROWS_MAX + 1]);
