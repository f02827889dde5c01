/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stdio_session: the handler of pipe mode: one conversation between a peer and descriptors 0 and 1.
 *
 * It says with -v how the conversation went, and always which text could not be converted. */
#pragma once

#include <uv.h>

#include "io/stdio.h"
#include "io/transcript.h"
#include "net/handler.h"
#include "relay/relay.h"
#include "text/codec.h"

struct stdio_session_options {
    struct stdio_options stdio;
    struct charset *peer;          /* what the peer speaks; NULL: bytes pass as they are */
    struct charset *local;         /* what is spoken here; needed with `peer` and with `shows` */
    struct text_options text;      /* `eol` is for what goes out */
    bool shows;                    /* standard output is a terminal: what comes is made safe */
    struct transcript *transcript; /* NULL, or also hears both */
    struct charset *utf8;          /* needed with `transcript`, as is `local` */
    const char *name;              /* of this side in the transcript */
    bool tells_waiting;            /* where the peer has ended and standard input is silent */
    struct relay_options relay;    /* without the codecs, which are made here */
};

struct stdio_session {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct stdio_session_options options;
    struct stream *local, *peer; /* peer: NULL where nobody is served (any more) */
    uint64_t since;              /* loop time */
    struct codec outward, inward;
    struct relay relay;
};

/* Serves one conversation. *pipe must stay at its address until the loop has ended. */
void stdio_session_init(struct stdio_session *session, uv_loop_t *loop,
                        const struct stdio_session_options *options);

/* Whether standard input has ended, and the peer has not yet acknowledged all of it. */
bool stdio_session_is_sending(const struct stdio_session *session);

/* Ends the conversation, if there is one, at once. Where the peer was not given all of standard
 * input, to its end, it is broken off, for that reason. The handler is not done. */
void stdio_session_interrupt(struct stdio_session *session, const char *reason);
