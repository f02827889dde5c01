/* SPDX-License-Identifier: GPL-3.0-or-later */
/* queue: accepted connections that wait for a place of their listener.
 *
 * Each is told its number, and told again when the number changes. Nothing is read of it: what it
 * has sent stays for the one that serves it. A peer that resets the connection is lost at once. One
 * that ends keeps its number, because it may still read. */
#pragma once

#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "net/address.h"

enum { QUEUE_LINE = 128 /* bytes of a notice */ };

/* Writes the line for the one with this number, 1 for the first, and its line end; 0: the line for
 * all when no place comes any more. */
typedef void queue_line(char line[QUEUE_LINE], unsigned number);

/* From the loop: a connection is lost, and was closed. */
typedef void queue_lost(void *owner, const struct endpoint *peer);

TAILQ_HEAD(queue_entries, queue_entry);

struct queue {
    struct queue_entries entries;
    size_t count, max;
    queue_line *line;
    queue_lost *lost;
    void *owner;
};

/* max 0: there is none. */
void queue_init(struct queue *queue, size_t max, queue_line *line, queue_lost *lost, void *owner);

static inline bool queue_has_room(const struct queue *queue)
{
    return queue->count < queue->max;
}

/* Owns the descriptor. -1 and *err: it is closed. */
MUST_CHECK int queue_add(struct queue *queue, uv_loop_t *loop, int fd, const struct endpoint *peer,
                         struct err *err);

/* Takes the first connection out, and its address; the others are not told yet. NULL: it is empty,
 * or the first is lost, or has not taken its last notice whole, and was closed. */
struct stream *queue_take(struct queue *queue, struct endpoint *peer);

/* Tells those whose number has changed; tells all that no place comes any more. */
void queue_tell(struct queue *queue);
void queue_tell_end(struct queue *queue);
