/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stdio_session: the handler of pipe mode: one conversation between a peer and descriptors 0 and 1.
 *
 * It says with -v how the conversation went, and always which text could not be converted, and
 * whether standard input looks like text of another charset than `local`.
 *
 * With handler->again the session resumes with the next stream that is served: standard input goes
 * on with what the last peer has not got, standard output stays open, and in between both are kept.
 * Bytes that the system had taken and the peer had not are told. */
#pragma once

#include <uv.h>

#include "io/misread_tee.h"
#include "io/stdio.h"
#include "io/transcript.h"
#include "net/address.h"
#include "net/handler.h"
#include "relay/session.h"

struct stdio_session_options {
    struct stdio_options stdio;
    struct charset *peer;        /* the charset of the peer; NULL: bytes pass unconverted */
    struct charset *local;       /* the charset of this side; needed with `peer` and with `shows` */
    const char *(*legacy)(void); /* the name of the charset that is usual beside UTF-8 */
    struct charsets *charsets;   /* the charset is opened from these, when that is worthwhile */
    struct text_options text;    /* `eol` is for what goes out */
    bool shows;                  /* standard output is a terminal: received text is made safe */
    struct transcript *transcript; /* NULL: none */
    struct charset *utf8;          /* needed with `transcript`, as is `local` */
    const char *name;              /* of this side in the transcript */
    bool awaits_answer;            /* through a proxy, which may lose it at a half-close */
    bool literals;                 /* standard input is literals; needs `local` and `utf8` */
    bool tells_waiting;            /* once the peer has ended and standard input is silent */
    struct relay_options relay;    /* without the codecs */
};

/* The rest for the next peer. */
struct stdio_kept {
    struct stream *near;      /* NULL: nothing is kept */
    char peer[ADDRESS_LABEL]; /* the last one */
    struct chunk pending;
    struct codec outward; /* may hold the beginning of a character */
    bool converts;        /* standard input passes through it, or is literals */
    bool replaced;        /* text of an earlier conversation */
};

struct stdio_session {
    struct handler handler; /* its done, again and owner are the caller's to set */
    uv_loop_t *loop;
    struct stdio_session_options options;
    struct session session;
    struct literal_input literals; /* of `options.literals`; goes on with the next stream */
    struct misread_plan input;     /* standard input as it was read */
    struct stdio_kept kept;
    bool is_typed; /* standard input is a terminal */
};

/* Serves one conversation. *stdio must stay at its address until the loop has ended. */
void stdio_session_init(struct stdio_session *stdio, uv_loop_t *loop,
                        const struct stdio_session_options *options);

/* Whether a peer is served now. */
bool stdio_session_serves(const struct stdio_session *stdio);

/* Whether standard input has ended, and the peer has not yet acknowledged all of it. */
bool stdio_session_is_sending(const struct stdio_session *stdio);

/* Ends the conversation, if there is one, at once. If the peer lacks a part of standard
 * input, or its end, the conversation is broken off for `reason`. The handler is not done. */
void stdio_session_interrupt(struct stdio_session *stdio, const char *reason);

/* No other peer comes: lets go of what is kept, and returns how many bytes of standard input were
 * not sent. The handler is not done. */
size_t stdio_session_give_up(struct stdio_session *stdio);
