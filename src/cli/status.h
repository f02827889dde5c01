/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status: the sockets of a listener, and the answer to SIGUSR1: one line for each peer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/event.h"
#include "cli/options.h"
#include "net/handler.h"
#include "net/listener.h"

enum { STATUS_PEERS = 100 };

/* Peers that are served. */
size_t status_count(const struct handler *handler);

/* Reports "127.0.0.1:53122: 27 bytes received, 21 sent, 0 waiting, 0:00:19" for each peer, at most
 * STATUS_PEERS lines, then the number of the others. */
void status_say(const struct handler *handler, const uv_loop_t *loop);

/* Names each listening socket, as an EVENT_STATUS. */
void status_say_sockets(const struct listener *listener);

/* Tells an EVENT_LISTENING for each, at the start: where a person can see it, or with -v. */
void status_announce(const struct listener *listener, const struct options *options);

/* In texts of at most STATUS_TEXT bytes. */
enum { STATUS_TEXT = 4096 };

/* "[::]:8080 and 0.0.0.0:8080" */
void status_name_sockets(const struct listener *listener, char *text, size_t size);

/* Writes "2 wait for a place of -m 1; 3 handshakes are going on"; false: nobody waits. */
bool status_describe_waiting(const struct listener *listener, unsigned max_peers, char *text,
                             size_t size);
