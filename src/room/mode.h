/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mode: the shapes of a conversation in a room, one row each. The command line picks a row; every
 * part of a room reads its own cells. A peer or an option never changes a row. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum mode_shape {
    MODE_CONNECT,         /* connect at a terminal */
    MODE_LISTEN,          /* listen at a terminal */
    MODE_KEEP_OPEN,       /* -k in a pipe */
    MODE_CHAT,            /* --chat */
    MODE_BROKER,          /* --broker in a pipe */
    MODE_BROKER_TERMINAL, /* --broker at a terminal */
    MODE_REPLY,           /* --reply, --rules */
    MODE_SCRIPT,          /* --script */
    MODE_SHAPES
};

struct mode {
    bool one_peer;       /* the room ends with its only peer, which is called "peer" */
    bool mesh;           /* each peer reads the others; else the operator alone reads them */
    bool named;          /* names stand in front of messages, and notices are sent; see chat */
    bool framed;         /* peers' bytes become messages; else they are passed on as they arrive */
    bool merges;         /* peers share standard output by the rule of merge */
    bool evicts;         /* a slow consumer is evicted; else the room waits for it; see fanout */
    bool answers;        /* a peer is not read while the peer does not take the answers to it */
    bool telnet;         /* the commands of a telnet peer are no text; see text/telnet */
    bool typed;          /* peers may be persons at telnet, who are answered; see inbox */
    bool drops_bom;      /* a byte order mark at the beginning of a peer's text is dropped */
    bool announces;      /* the operator is told of joins, leaves and charsets */
    bool shuts_down;     /* the end of standard input is a half-close for every peer */
    unsigned per_host;   /* connections of one host at once; 0: no limit */
    uint64_t silence_ms; /* silence of this length ends a message; 0: silence ends none */
    uint64_t cr_ms;      /* typed: silence behind a CR that ends a line */
    uint64_t key_ms;     /* typed: silence behind a character that came alone */
    uint64_t letter_ms;  /* silence behind what may be letters or an unfinished one; see inbox */
    uint64_t line_ms;    /* the longest time that a line stays open; 0: no limit */
};

extern const struct mode modes[MODE_SHAPES];
