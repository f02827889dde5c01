/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The write side of a peer, and how loaded it is:
 *
 *     write      takes messages  leaves the state by
 *     ---------  --------------  ------------------------------------------------------------
 *     OPEN       yes             outbox_finish: FINISHING    a failed write, no memory: CLOSED
 *     FINISHING  no              written and acknowledged: FINISHED   a failure: CLOSED
 *     FINISHED   no              -
 *     CLOSED     no              -; what the peer said before is still to be read
 *
 *     load       last write      queued bytes           leaves the state by
 *     ---------  --------------  ---------------------  ---------------------------------------
 *     CLEAR      took all        any, not tried yet     a write that is not taken: BLOCKED
 *     BLOCKED    was not taken   up to the bound        a full write: CLEAR   more: CONGESTED
 *     CONGESTED  was not taken   over half the bound    a full write: CLEAR   half: BLOCKED
 *
 * Only bytes that were tried and did not go are congestion. It ends at half of where it began, so
 * that there is a pause for those who wait. */
#include "room/outbox.h"

#include <stdlib.h>

#include "base/event.h"

enum { AT_ONCE = 64 /* messages in one call */ };

void outbox_init(struct outbox *outbox, struct stream *stream, struct outbox_pool *pool)
{
    *outbox = (struct outbox){.stream = stream, .pool = pool, .size = OUTBOX_PLACES};
}

static const struct form *at(const struct outbox *outbox, uint32_t index)
{
    const struct form *const *ring = outbox->ring ? outbox->ring : outbox->places;

    return ring[(outbox->first + index) & (outbox->size - 1)];
}

static void put_last(struct outbox *outbox, const struct form *form)
{
    const struct form **ring = outbox->ring ? outbox->ring : outbox->places;

    ring[(outbox->first + outbox->count++) & (outbox->size - 1)] = form;
}

/* ---- the ring ---- */

static size_t memory_of(const struct outbox *outbox)
{
    return outbox->ring ? outbox->size * sizeof(const struct form *) : 0;
}

static void replace_ring(struct outbox *outbox, const struct form **ring, uint32_t size)
{
    outbox->pool->held -= memory_of(outbox);
    free(outbox->ring);
    outbox->ring = ring;
    outbox->size = size;
    outbox->first = 0;
    outbox->pool->held += memory_of(outbox);
}

static int grow(struct outbox *outbox)
{
    uint32_t size = 4 * outbox->size;
    const struct form **ring = malloc(size * sizeof *ring);

    if (!ring)
        return -1;
    for (uint32_t i = 0; i < outbox->count; i++)
        ring[i] = at(outbox, i);
    replace_ring(outbox, ring, size);
    return 0;
}

static void drop_first(struct outbox *outbox)
{
    message_release(at(outbox, 0)->message);
    outbox->first++;
    outbox->count--;
    outbox->written = 0;
    if (!outbox->count)
        replace_ring(outbox, NULL, OUTBOX_PLACES);
}

void outbox_fini(struct outbox *outbox)
{
    while (outbox->count)
        drop_first(outbox);
    outbox->pool->queued -= outbox->bytes;
    outbox->bytes = 0;
}

static int push(struct outbox *outbox, const struct form *form, size_t put)
{
    if (outbox->count == outbox->size && grow(outbox) < 0)
        return -1;
    message_hold(form->message);
    put_last(outbox, form);
    outbox->bytes += form->n - put;
    outbox->pool->queued += form->n - put;
    outbox->written += put;
    return 0;
}

/* ---- writing ---- */

static int gather(const struct outbox *outbox, struct iovec iov[AT_ONCE])
{
    size_t skipped = outbox->written;
    uint32_t count = 0;

    for (; count < AT_ONCE && count < outbox->count; count++) {
        const struct form *form = at(outbox, count);

        iov[count] = (struct iovec){(void *)(form->bytes + skipped), form->n - skipped};
        skipped = 0;
    }
    return (int)count;
}

static void forget(struct outbox *outbox, size_t n)
{
    outbox->bytes -= n;
    outbox->pool->queued -= n;
    outbox->sent += n;
    outbox->written += n;
    while (outbox->count && outbox->written >= at(outbox, 0)->n) {
        size_t rest = outbox->written - at(outbox, 0)->n;

        drop_first(outbox);
        outbox->written = rest;
    }
}

int outbox_write(struct outbox *outbox, struct err *err)
{
    while (outbox->count) {
        struct iovec iov[AT_ONCE];
        struct stream *stream = outbox->stream;
        ssize_t put = stream->ops->writev(stream, iov, gather(outbox, iov), err);

        if (put < 0)
            return (int)put;
        forget(outbox, (size_t)put);
    }
    return 0;
}

/* ---- states ---- */

static unsigned set_write(struct outbox *outbox, enum outbox_write write)
{
    static const char *const names[] = {[OUTBOX_OPEN] = "OPEN",
                                        [OUTBOX_FINISHING] = "FINISHING",
                                        [OUTBOX_FINISHED] = "FINISHED",
                                        [OUTBOX_CLOSED] = "CLOSED"};

    if (write == outbox->write)
        return 0;
    event_state(stream_label(outbox->stream), "member", names[outbox->write], names[write]);
    outbox->write = (unsigned char)write;
    return write == OUTBOX_FINISHING ? 0 : OUTBOX_ENDED;
}

static unsigned set_load(struct outbox *outbox, enum outbox_load load)
{
    static const char *const names[] = {
        [LOAD_CLEAR] = "CLEAR", [LOAD_BLOCKED] = "BLOCKED", [LOAD_CONGESTED] = "CONGESTED"};
    bool was_congested = outbox->load == LOAD_CONGESTED;

    if (load == outbox->load)
        return 0;
    event_state(stream_label(outbox->stream), "member", names[outbox->load], names[load]);
    outbox->load = (unsigned char)load;
    if (load == LOAD_CONGESTED)
        return OUTBOX_FILLED;
    return was_congested ? OUTBOX_DRAINED : 0;
}

static unsigned weigh(struct outbox *outbox, bool is_blocked)
{
    size_t bound = outbox->pool->congested / (outbox->load == LOAD_CONGESTED ? 2 : 1);

    if (!is_blocked)
        return set_load(outbox, LOAD_CLEAR);
    return set_load(outbox, outbox->bytes > bound ? LOAD_CONGESTED : LOAD_BLOCKED);
}

size_t outbox_put(struct outbox *outbox, const void *bytes, size_t n)
{
    struct err err;
    ssize_t put = stream_write(outbox->stream, bytes, n, &err);

    outbox->sent += put > 0 ? (size_t)put : 0;
    return put > 0 ? (size_t)put : 0;
}

unsigned outbox_answer(struct outbox *outbox, const void *bytes, size_t n)
{
    static const struct form_plan as_it_is;
    struct message *message = message_new(NULL, bytes, n, false, &outbox->pool->held);
    const struct form *form = message ? message_form(message, &as_it_is) : NULL;
    unsigned changes = form && outbox->write == OUTBOX_OPEN ? outbox_send(outbox, form) : 0;

    if (message)
        message_release(message);
    return changes;
}

static void count_line(struct outbox_lines *lines, const struct message *message)
{
    if (!message->own_line)
        return;
    lines->first = lines->first ? lines->first : message->own_line;
    lines->count++;
}

struct outbox_lines outbox_own_lines(const struct outbox *outbox)
{
    struct outbox_lines lines = outbox->lost;

    for (uint32_t i = 0; i < outbox->count; i++)
        count_line(&lines, at(outbox, i)->message);
    return lines;
}

void outbox_lose(struct outbox *outbox, const struct message *message)
{
    count_line(&outbox->lost, message);
}

static unsigned set_write_closed(struct outbox *outbox)
{
    outbox->lost = outbox_own_lines(outbox);
    outbox->dropped = outbox->bytes;
    outbox_fini(outbox);
    return set_write(outbox, OUTBOX_CLOSED);
}

unsigned outbox_send_rest(struct outbox *outbox, const struct form *form, size_t put)
{
    if (!form || push(outbox, form, put) < 0) {
        outbox->lacks = true;
        return set_write_closed(outbox) | weigh(outbox, false);
    }
    if (outbox->load != LOAD_CLEAR)
        return weigh(outbox, true);
    if (outbox->bytes > outbox->pool->congested)
        return outbox_flush(outbox);
    return OUTBOX_PENDING;
}

unsigned outbox_send(struct outbox *outbox, const struct form *form)
{
    return outbox_send_rest(outbox, form, 0);
}

static unsigned shut_down(struct outbox *outbox)
{
    struct err err;
    int finished = stream_finish(outbox->stream, &err);

    if (finished == STREAM_FAIL)
        return set_write_closed(outbox);
    return finished == 0 ? set_write(outbox, OUTBOX_FINISHED) : 0;
}

unsigned outbox_flush(struct outbox *outbox)
{
    uint64_t sent = outbox->sent;
    unsigned changes;
    struct err err;
    int written;

    if (outbox->write == OUTBOX_CLOSED)
        return 0;
    written = outbox_write(outbox, &err);
    changes = outbox->sent != sent ? OUTBOX_TOOK : 0;
    if (written == STREAM_FAIL)
        changes |= set_write_closed(outbox);
    else if (written == 0 && outbox->write == OUTBOX_FINISHING)
        changes |= shut_down(outbox);
    return changes | weigh(outbox, written == STREAM_AGAIN);
}

void outbox_finish(struct outbox *outbox)
{
    if (outbox->write == OUTBOX_OPEN)
        set_write(outbox, OUTBOX_FINISHING);
}

int outbox_conclude(struct outbox *outbox, bool confirms, struct err *err)
{
    int written = outbox_write(outbox, err), finished = 0;

    if (written == 0 && outbox->write <= OUTBOX_FINISHING)
        finished = stream_finish(outbox->stream, err);
    if (written == 0 && finished == 0)
        set_write(outbox, OUTBOX_FINISHED);
    return written || !confirms ? written : finished;
}

bool outbox_waits(const struct outbox *outbox)
{
    return outbox->write != OUTBOX_CLOSED &&
           (outbox->load != LOAD_CLEAR || outbox->write == OUTBOX_FINISHING);
}
