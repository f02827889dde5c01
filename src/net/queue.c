/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/queue.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/connection.h"

struct queue_entry {
    TAILQ_ENTRY(queue_entry) next;
    struct queue *queue;
    struct stream *stream;
    struct endpoint peer;
    unsigned told; /* its number, as it was told */
    char line[QUEUE_LINE];
    size_t sent, length; /* of the line */
};

void queue_init(struct queue *queue, size_t max, queue_line *line, queue_lost *lost, void *owner)
{
    *queue = (struct queue){.max = max, .line = line, .lost = lost, .owner = owner};
    TAILQ_INIT(&queue->entries);
}

/* True once the line is written whole, or can never be. */
static bool flush(struct queue_entry *entry)
{
    while (entry->sent < entry->length) {
        struct err err;
        ssize_t put = stream_write(entry->stream, entry->line + entry->sent,
                                   entry->length - entry->sent, &err);

        if (put == STREAM_AGAIN)
            return false;
        if (put < 0)
            return true;
        entry->sent += (size_t)put;
    }
    return true;
}

/* A peer that does not take a line gets the next one later. */
static void tell(struct queue *queue, struct queue_entry *entry, unsigned number)
{
    if (entry->told == number || !flush(entry))
        return;
    queue->line(entry->line, number);
    entry->told = number;
    entry->sent = 0;
    entry->length = strlen(entry->line);
    flush(entry);
}

void queue_tell(struct queue *queue)
{
    struct queue_entry *entry;
    unsigned number = 0;

    TAILQ_FOREACH(entry, &queue->entries, next)
    tell(queue, entry, ++number);
}

void queue_tell_end(struct queue *queue)
{
    struct queue_entry *entry;

    TAILQ_FOREACH(entry, &queue->entries, next)
    tell(queue, entry, 0);
}

/* ---- coming and going ---- */

static void leave(struct queue *queue, struct queue_entry *entry)
{
    TAILQ_REMOVE(&queue->entries, entry, next);
    queue->count--;
}

static void on_loss(void *owner, unsigned bits)
{
    struct queue_entry *entry = owner;
    struct queue *queue = entry->queue;

    (void)bits;
    leave(queue, entry);
    stream_close(entry->stream, STREAM_ABORT);
    queue->lost(queue->owner, &entry->peer);
    free(entry);
    queue_tell(queue);
}

int queue_add(struct queue *queue, uv_loop_t *loop, int fd, const struct endpoint *peer,
              struct err *err)
{
    struct stream *stream = connection_new(loop, fd, peer, 0, err);
    struct queue_entry *entry = stream ? calloc(1, sizeof *entry) : NULL;

    if (stream && !entry) {
        stream_close(stream, STREAM_ABORT);
        err_memory(err);
    }
    if (!entry)
        return -1;
    entry->queue = queue;
    entry->stream = stream;
    entry->peer = *peer;
    stream_own(stream, on_loss, entry);
    stream_watch(stream, STREAM_LOSS);
    TAILQ_INSERT_TAIL(&queue->entries, entry, next);
    tell(queue, entry, (unsigned)++queue->count);
    return 0;
}

struct stream *queue_take(struct queue *queue, struct endpoint *peer)
{
    struct queue_entry *entry = TAILQ_FIRST(&queue->entries);
    struct stream *stream;
    struct err err;

    if (!entry)
        return NULL;
    leave(queue, entry);
    *peer = entry->peer;
    stream = entry->stream;
    stream_watch(stream, 0);
    if (!flush(entry) || stream_check(stream, &err) < 0) {
        stream_close(stream, STREAM_ABORT);
        stream = NULL;
    }
    free(entry);
    return stream;
}
