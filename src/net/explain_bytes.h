/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain_bytes: bytes on their way, in sentences: recv, send, and what becomes of sent ones.
 *
 * While sent bytes are not acknowledged, a timer looks at them: the system has no event for that.
 * The first look follows in the next turn, the others less and less often, up to 32 ms apart. So a
 * time that is told may be so much too long. */
#pragma once

#include <sys/types.h>
#include <uv.h>

#include "net/facts.h"

/* Acknowledgements are told from now on; the timer does not keep the loop. */
void explain_open(uv_loop_t *loop);

/* No socket is known afterwards; the loop has to turn once more. */
void explain_end(void);

/* As in net/explain. EAGAIN tells nothing. */
void explain_recv(int fd, ssize_t got, int flags, int number);
void explain_send(int fd, ssize_t put, size_t n, int number);

/* Tells that all sent bytes are acknowledged, if they are and it was not told. */
void explain_settled(struct facts *facts);

/* Somebody waits for bytes: a note if none is there, once for each socket. */
void explain_wait(int fd);
