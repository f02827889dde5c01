/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain: what a call made of a socket, in sentences (--explain): from socket to shutdown.
 *
 * Each function tells one event of the kind `call`, with the figures of this moment; `number` is
 * the error (errno) of the call, or 0. explain_bind has bind, explain_bytes has recv and send,
 * explain_close has close. */
#pragma once

#include "base/event.h"
#include "net/endpoint.h"
#include "net/facts.h"

void explain_socket(int fd, int family, int number);
void explain_listen(int fd, int backlog, int number);
void explain_accept(int listener, int fd, int number);
void explain_connect(int fd, const struct endpoint *peer, int number);
void explain_shutdown_read(int fd, int number);
void explain_shutdown_write(int fd, bool peer_was_first, int number);

/* A connect is done, or has failed: a note. */
void explain_connected(int fd, int number);

/* ---- for the others ---- */

/* The labels of a socket, and an event that points to them. *facts may be NULL. */
struct explain_labels {
    char local[ADDRESS_LABEL], peer[ADDRESS_LABEL];
};

struct event explain_call(const char *call, int fd, const struct facts *facts,
                          struct explain_labels *labels);
struct event explain_note(const char *how, int fd, const struct facts *facts,
                          struct explain_labels *labels);

/* Tells the event with this sentence. */
void explain_tell(struct event event, const char *sentence);

/* Tells it with one of two sentences, as event.counted decides. */
void explain_counted(struct event event, const char *one, const char *many);

/* Tells it as a failure. */
void explain_failure(struct event event, const char *sentence, int number);

/* The event gets the time as {lasted}, "0.3 ms". */
enum { EXPLAIN_TIME = 24 };
void explain_put_time(struct event *event, char text[EXPLAIN_TIME], uint64_t nanoseconds);
