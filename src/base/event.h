/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event: the one channel for all that tcpchat tells while it runs.
 *
 * An event is a kind, a few named fields, and the sentence that a person reads. Printers show it:
 * cli/messages as a line on standard error, cli/events as a line of JSON. The parts of a room show
 * their sentences themselves, on the screen or in a log, and hand the facts to the recorders.
 *
 * A sentence names its fields in braces: "{peer} closed by the peer; {received} bytes received,
 * {sent} sent". It is a message of gettext, whole and never glued, so that a translation may order
 * the fields as it likes. This layer knows neither charsets nor terminals: printers make fields
 * safe. Without a listener an event costs a branch. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kinds, which the manual lists under EVENTS with their fields. */
enum event_kind {
    EVENT_LISTENING,  /* a listening socket stands */
    EVENT_CONNECTING, /* a dial has begun */
    EVENT_ATTEMPT,    /* one address of a dial has failed */
    EVENT_CONNECTED,  /* this side has connected */
    EVENT_ACCEPTED,   /* a peer has connected */
    EVENT_REFUSED,    /* a peer was not let in */
    EVENT_CONFINED,   /* the kernel confines the run, or does not */
    EVENT_SECURED,    /* the conversation is encrypted */
    EVENT_CLOSED,     /* a conversation is over */
    EVENT_SUM,        /* the SHA-256 of one direction of a conversation that is over (--sum) */
    EVENT_RECONNECT,  /* the peer is gone, and this side connects again after a while */
    EVENT_UNTAKEN,    /* a peer has not taken all that was for it */
    EVENT_JOINED,     /* a member has joined the room */
    EVENT_LEFT,       /* a member has left it */
    EVENT_RENAMED,    /* a member has another name */
    EVENT_TRAFFIC,    /* numbers of those that joined, left, or took names within a second */
    EVENT_MESSAGE,    /* somebody has said something */
    EVENT_MATCHED,    /* a rule, or an expectation of a script, has matched */
    EVENT_UNMATCHED,  /* an expectation has failed, or a search came to its limit */
    EVENT_LOG,        /* a rule or a script says it */
    EVENT_ENCODING,   /* the charset of a peer is known */
    EVENT_BAD_TEXT,   /* text could not be converted */
    EVENT_MISREAD,    /* text looks like another charset than the one in use */
    EVENT_FILE,       /* a file beside the conversation has failed, or works again */
    EVENT_PROGRAM,    /* a program that this side runs has ended */
    EVENT_WAITING,    /* a peer waits for a place of -m */
    EVENT_DRAINING,   /* a drain has begun or is over, with the number of peers left */
    EVENT_STATUS,     /* the figures of a peer, for SIGUSR1 */
    EVENT_CALL,       /* a call of the system on a socket (--explain) */
    EVENT_NOTE,       /* a fact about a conversation that is no call (--explain) */
    EVENT_NOTICE,     /* any other sentence */
    EVENT_ERROR,      /* any other sentence, about a failure */
    EVENT_STATE,      /* a change of state (-vv) */
    EVENT_ENDED,      /* the run is over, with this exit status */
    EVENT_KINDS
};

enum event_level {
    EVENT_ALWAYS,    /* shown in every run */
    EVENT_VERBOSE,   /* with -v */
    EVENT_TRACE,     /* with -vv */
    EVENT_EXPLAINED, /* with --explain */
    EVENT_RECORDED,  /* for recorders: another part shows the sentence, or there is none */
};

/* A kind has the fields of its row in event.c; the others are zero. Strings are borrowed; NULL: the
 * field is absent. */
struct event {
    enum event_kind kind;
    enum event_level level;
    const char *sentence;  /* with {fields}; NULL: none */
    const char *sentences; /* the same for several; NULL: the sentence counts nothing */
    uint64_t counted;      /* chooses between the two */

    const char *peer, *local; /* addresses, as endpoint_label writes them */
    const char *name;         /* of a member of a room */
    const char *former;       /* the name, or the charset, until now */
    const char *direction;    /* "in" or "out" */
    const char *first;        /* whose end came first: "peer" or "us" */
    const char *how;          /* "closed" or "broken_off", or what a note is about */
    const char *why;          /* a sentence of a failure */
    const char *encoding;     /* the name of a charset */
    const char *text;         /* words, text_n bytes; UTF-8, or made so by the printer */
    size_t text_n;
    const char *source;                     /* of bytes: a peer, or "standard input" */
    const char *character;                  /* "U+1F600" */
    const char *other, *as_utf8, *as_other; /* a charset beside UTF-8, and the bytes in both */
    const char *version, *cipher, *alpn, *certificate, *pin; /* of TLS */
    const char *program;                                     /* the name of a process */
    const char *user;                                        /* the number of one */
    const char *advice;                     /* the option or the command that mends it */
    const char *sha256;                     /* 64 hexadecimal digits */
    const char *path;                       /* of a file or a program */
    const char *call;                       /* such as "accept" */
    const char *option;                     /* of a call, such as "SO_REUSEADDR" */
    const char *grouped, *size, *lasted;    /* "4 711", "31 MB", "0.3 ms": for sentences only */
    const char *machine, *from, *to;        /* a change of state */
    int64_t fd, result;                     /* of a call */
    uint64_t received, sent, waiting;       /* bytes */
    uint64_t bytes, count, offset, seconds; /* of what the kind is about */
    uint64_t joined, left, renamed, failed; /* peers */
    uint64_t line;                          /* of a file */
    uint64_t port, backlog, segments;       /* figures of a call or a note */
    uint64_t queued, unread, unacknowledged, offered;
    uint64_t sockets, expires; /* in TIME_WAIT, and the seconds until the last is gone */
    uint64_t process, characters, microseconds, milliseconds;
    uint64_t other_fd; /* of a connection that lives on */
    uint64_t peers;
    int64_t status; /* of the run */
    bool replaced;  /* the text was not valid, and U+FFFD stands in it */
};

/* An EVENT_NOTICE of EVENT_ALWAYS, with a text that is made already and stays the caller's. */
struct event event_of_text(const char *text);

/* The two sentences of an event that counts, for its initialiser; xgettext reads them here. */
#define EVENT_COUNTED(one, many, n) .sentence = (one), .sentences = (many), .counted = (n)

/* ---- telling ---- */

/* Whether events of EVENT_EXPLAINED are told, on the paths where a call may cost nothing else. Only
 * event_explain changes it. */
extern bool event_explains;

/* Shows events of EVENT_EXPLAINED to the printers that want them, or hides them again; hidden at
 * first. */
void event_explain(bool on);

/* Whether a printer wants events of this level; else they need not be made. */
bool event_is_shown(enum event_level level);

/* Hands the event to all printers that want it. */
void event_tell(const struct event *event);

/* Tells an EVENT_NOTICE, or an EVENT_ERROR: one line of at most EVENT_LINE bytes, without "tcpchat:
 * " and without a line end. The format is a message of gettext. */
void event_say(enum event_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void event_say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Traces a change of state: "trace: LABEL: MACHINE FROM -> TO". */
void event_state(const char *label, const char *machine, const char *from, const char *to);

/* A copy with strings of its own, in one block for free(); the sentences stay borrowed. NULL
 * without memory. */
struct event *event_copy(const struct event *event);

/* ---- printing ---- */

enum { EVENT_LINE = 1024 };

/* The sentence in the person's language, cut to n bytes with its NUL. Returns its length, or that
 * of the whole one if it is longer. Fields stand in it as they are. */
size_t event_sentence(const struct event *event, char *line, size_t n);

/* A printer gets the events of its levels, a mask of bits 1 << EVENT_ALWAYS and so on. It must not
 * tell events itself. */
struct event_printer {
    struct event_printer *next;
    unsigned levels;
    void (*print)(struct event_printer *printer, const struct event *event);
};

/* The printer stays the caller's. Installed again it has its new levels. */
void event_install(struct event_printer *printer);
void event_remove(struct event_printer *printer);

/* ---- fields ---- */

enum event_type {
    EVENT_STRING,
    EVENT_TEXT,
    EVENT_NUMBER,
    EVENT_FIGURE, /* a number; 0: the field is absent */
    EVENT_SIGNED,
    EVENT_FLAG,
};

struct event_value {
    const char *name;
    enum event_type type;
    const char *text; /* n bytes; NULL: the field is absent */
    size_t n;
    uint64_t number;
    int64_t signed_number;
    bool flag;
};

/* The name of the kind in JSON. */
const char *event_name(enum event_kind kind);

/* The field of this index of the event's kind; false: there are no more. */
bool event_field(const struct event *event, size_t index, struct event_value *value);
