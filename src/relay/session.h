/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session: one conversation of a handler: a near and a far end, the relay between them with a
 * conversion for each direction, a transcript, and the sentences about all that.
 *
 * `far` is the peer, which comes first. `near` is standard input and output, a program, or a
 * connection to another address. The session owns both streams until session_close. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/transcript_tee.h"
#include "net/ending.h"
#include "net/handler.h"
#include "relay/conversion.h"
#include "relay/relay.h"

struct session_options {
    struct charset *near, *far; /* the charset of each end; `far` NULL: bytes pass unconverted */
    struct text_options text;   /* `eol` is for what goes to far */
    struct literal_input *literals;    /* NULL, or near gives these; of the caller */
    bool near_is_peer;                 /* near may speak telnet as far may */
    bool shows;                        /* near is a terminal: it gets text, in `near`, made safe */
    enum codec_wire outward_wire;      /* the side of the outward codec that offsets count on */
    struct relay_options relay;        /* without the conversions */
    struct transcript_tee_options tee; /* transcript NULL: none */
};

struct session {
    struct relay relay;
    uv_loop_t *loop;
    struct stream *near, *far; /* NULL: not there yet, or closed */
    uint64_t since;            /* loop time */
    bool is_joined;            /* the relay was started */
    bool is_text;              /* text that cannot be converted is told */
    struct conversion outward, inward;
    void (*closed)(struct session *session);
};

/* Begins with the peer alone, and tells it (net/opening). */
void session_begin(struct session *session, uv_loop_t *loop, struct stream *far, bool is_dialled);

/* Joins the peer with session->near: done(owner, end, err) follows, see relay_start. -1 and *err:
 * only session_close may follow. */
int session_join(struct session *session, const struct session_options *options, relay_done *done,
                 void *owner, struct err *err);

/* At the end of the relay, before session_close: -v says how the conversation ended, and text that
 * could not be converted is always told; `near` names the near end in that. *outcome becomes *err,
 * or ERR_TEXT without a sentence where nothing failed but text was replaced. */
void session_conclude(const struct session *session, enum relay_end end, const struct err *err,
                      const char *near, struct err *outcome);

/* Says how the conversation ended; see ending_say. */
void session_say(const struct session *session, struct ending ending);

/* The way to close the peer after the end of the relay. With BAD_STOP the peer gets all that
 * precedes the bad text. */
enum stream_close session_far_close(const struct session *session, enum relay_end end,
                                    const struct err *err);

/* Closes the ends that are there. closed(session) is called from the loop, or before the return
 * where the session was not joined; NULL: not. */
void session_close(struct session *session, enum stream_close near, enum stream_close far,
                   void (*closed)(struct session *session));

/* Shows the peer to a visitor. */
void session_visit(const struct session *session, handler_visit *visit, void *owner);
