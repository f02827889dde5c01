/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch: the messages to all members that one turn of the loop brought, and their bytes together.
 *
 * They leave together: a member that has nothing else queued gets all of them in one write, from
 * bytes that all members of its charset share. So a message costs nothing for each member; the
 * batch does. Messages have numbers, from 0, that go on from batch to batch. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"
#include "room/message.h"
#include "text/framer.h"

enum {
    BATCH_MESSAGES = 1024,
    BATCH_BYTES = 64 * 1024, /* but at least a message */
    BATCH_FORMS = 8,         /* charsets and the like that share their bytes */
};

/* The bytes of all messages in one form. */
struct batch_form {
    struct form_plan plan;
    struct line all;
    unsigned char *memory; /* NULL: they are those of the only message, or could not be made */
};

struct batch {
    struct message *messages[BATCH_MESSAGES];
    uint64_t first; /* number of the first message */
    unsigned count;
    size_t bytes; /* as the messages are */
    struct batch_form forms[BATCH_FORMS];
    unsigned formed; /* of these */
};

/* A zeroed batch is empty. */
void batch_clear(struct batch *batch);

/* Whether n more bytes do not fit. */
bool batch_is_full(const struct batch *batch, size_t n);

/* Holds the message until batch_clear. Not while it is full. */
void batch_add(struct batch *batch, struct message *message);

/* One behind the number of the last message. */
static inline uint64_t batch_end(const struct batch *batch)
{
    return batch->first + batch->count;
}

static inline struct message *batch_message(const struct batch *batch, uint64_t number)
{
    return batch->messages[number - batch->first];
}

/* All bytes by this plan, good until batch_clear; after that no message is added. `n` is 0 if
 * there are too many plans, or no memory. */
MUST_CHECK struct line batch_bytes(struct batch *batch, const struct form_plan *plan);
