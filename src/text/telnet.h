/* SPDX-License-Identifier: GPL-3.0-or-later */
/* telnet: the commands of a telnet peer (RFC 854, RFC 855) are told from its text.
 *
 * A command begins with IAC, the byte FF. These are commands:
 *
 *     FF, EF to FA                    a command of two bytes: NOP, GA, ...
 *     FF FA ... FF F0                 a subnegotiation, whole, of at most TELNET_MOST bytes, in
 *                                     which each FF is doubled; else FF FA alone is one
 *     FF, FB to FE, a byte below 80   WILL, WONT, DO, DONT and an option
 *     FF FF                           the byte FF: nothing where no character has it
 *
 * A charset of several bytes, and UTF-8, have no character with FF, so that commands are taken out
 * at any place. A single-byte charset may have one (windows-1251 has я). There a peer speaks telnet
 * only if its first bytes are FF, FB to FD, a byte below 80, or FF FA. A conversation that begins
 * with FF FE is UTF-16. All bytes of any other stream are text.
 *
 * The answer does not depend on the cuts of the input. The beginning of a command is kept until its
 * rest has come; memory for that is allocated then. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/must_check.h"
#include "text/charset.h"

enum {
    TELNET_IAC = 0xFF,
    TELNET_MOST = 1024,            /* bytes of a subnegotiation */
    TELNET_KEPT = TELNET_MOST - 1, /* most bytes that wait for their rest */
    TELNET_OPTIONS = 0x80,
    TELNET_ANSWER = 3, /* bytes */
};

/* The commands of a peer, by its charsets. */
enum telnet_place { TELNET_NOWHERE, TELNET_AFTER_GREETING, TELNET_ANYWHERE };

/* The first bytes of a conversation. */
enum telnet_first { FIRST_UNKNOWN, FIRST_TEXT, FIRST_UTF16, FIRST_TELNET };

struct telnet {
    unsigned char place; /* enum telnet_place */
    unsigned char first; /* enum telnet_first */
    bool negotiated;     /* the peer sent an option or a subnegotiation */
    unsigned short kept_length;
    unsigned char *kept;
    struct telnet_offers *offers; /* NULL until the peer makes one */
};

/* The charsets of a peer. `first` NULL: none, all is text. `second` NULL: only one. */
void telnet_set_charsets(struct telnet *telnet, const struct charset *first,
                         const struct charset *second);

/* A zeroed struct has nowhere to look. */
void telnet_fini(struct telnet *telnet);

struct telnet_input {
    const unsigned char *bytes;
    size_t n;
    bool last; /* nothing more comes: the beginning of a command is text */
};

/* Text, with commands behind it that are taken out. */
struct telnet_run {
    const unsigned char *text;
    size_t n;
    size_t removed; /* bytes */
};

/* Takes the next run off the input. 0: nothing is left; bytes that wait for their rest are kept.
 * -1 without memory. */
MUST_CHECK int telnet_next(struct telnet *telnet, struct telnet_input *input,
                           struct telnet_run *run);

/* Writes the kept bytes (at most TELNET_KEPT) to `room` and returns their number. The next input
 * begins with them. */
size_t telnet_kept(const struct telnet *telnet, unsigned char *room);

/* Whether the kept bytes may be text, which should not wait long. */
bool telnet_keeps_text(const struct telnet *telnet);

/* The next answer that the peer is due: DONT to the first WILL of each option, WONT to the first
 * DO. False: none, and none is due until the next run. */
bool telnet_answer(struct telnet *telnet, unsigned char answer[TELNET_ANSWER]);
