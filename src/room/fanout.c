/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/fanout.h"

enum queued { IN_PENDING = 1, IN_CONGESTED = 2 };

enum { CACHE_LINE = 64 };

void fanout_init(struct fanout *fanout, uv_loop_t *loop, const struct roster *roster, bool evicts,
                 size_t limit, size_t congested)
{
    *fanout = (struct fanout){.loop = loop,
                              .roster = roster,
                              .evicts = evicts,
                              .limit = limit,
                              .memory = FANOUT_MEMORY,
                              .pool = {.congested = congested}};
    TAILQ_INIT(&fanout->pending);
    TAILQ_INIT(&fanout->congested);
    TAILQ_INIT(&fanout->news);
}

/* ---- congestion ---- */

/* The rest of the time for which a member is waited for that took bytes at this time. */
static uint64_t left_since(const struct fanout *fanout, uint64_t time)
{
    uint64_t past = uv_now(fanout->loop) - time;

    return past < FANOUT_PATIENCE_MS ? FANOUT_PATIENCE_MS - past : 0;
}

/* The one that took bytes last stands first. */
uint64_t fanout_delay(const struct fanout *fanout, const struct member *sender)
{
    const struct member *first = TAILQ_FIRST(&fanout->congested);

    if (fanout->is_heavy && left_since(fanout, fanout->took_at))
        return left_since(fanout, fanout->took_at);
    if (first && first == sender)
        first = TAILQ_NEXT(first, seat.congested);
    return first ? left_since(fanout, first->took_at) : 0;
}

bool fanout_is_ready(const struct fanout *fanout)
{
    return TAILQ_EMPTY(&fanout->congested) && !fanout->is_heavy;
}

static void note_ready(struct fanout *fanout)
{
    fanout->has_drained |= fanout_is_ready(fanout);
}

static bool is_over(const struct fanout *fanout, size_t bytes)
{
    return fanout->pool.queued > bytes || fanout->pool.held > bytes;
}

static void weigh(struct fanout *fanout)
{
    bool was_heavy = fanout->is_heavy;

    fanout->is_heavy = is_over(fanout, fanout->memory / 2);
    if (was_heavy)
        note_ready(fanout);
}

/* Those that are stalled stand behind the others. */
static void enter_congested(struct fanout *fanout, struct member *member)
{
    struct member *behind = TAILQ_FIRST(&fanout->congested);

    while (behind && left_since(fanout, behind->took_at) && behind->took_at > member->took_at)
        behind = TAILQ_NEXT(behind, seat.congested);
    if (behind && left_since(fanout, member->took_at))
        TAILQ_INSERT_BEFORE(behind, member, seat.congested);
    else
        TAILQ_INSERT_TAIL(&fanout->congested, member, seat.congested);
    member->seat.queued |= IN_CONGESTED;
}

static bool leave_congested(struct fanout *fanout, struct member *member)
{
    if (!(member->seat.queued & IN_CONGESTED))
        return false;
    TAILQ_REMOVE(&fanout->congested, member, seat.congested);
    member->seat.queued &= (unsigned char)~IN_CONGESTED;
    return true;
}

static void note_took(struct fanout *fanout, struct member *member)
{
    fanout->took_at = uv_now(fanout->loop);
    if (!(member->seat.queued & IN_CONGESTED))
        return;
    TAILQ_REMOVE(&fanout->congested, member, seat.congested);
    TAILQ_INSERT_HEAD(&fanout->congested, member, seat.congested);
}

/* ---- news ---- */

static void add_news(struct fanout *fanout, struct member *member, enum fanout_news news)
{
    if (!member->seat.news)
        TAILQ_INSERT_TAIL(&fanout->news, member, seat.with_news);
    member->seat.news |= (unsigned char)news;
}

static unsigned take_news(struct fanout *fanout, struct member *member)
{
    unsigned news = member->seat.news;

    if (news)
        TAILQ_REMOVE(&fanout->news, member, seat.with_news);
    member->seat.news = 0;
    return news;
}

/* The only one is waited for. */
static bool may_evict(const struct fanout *fanout)
{
    return fanout->evicts && fanout->roster->count > 1;
}

static void mark(struct fanout *fanout, struct member *member)
{
    if (may_evict(fanout))
        add_news(fanout, member, NEWS_EVICT);
}

struct member *fanout_next_news(struct fanout *fanout, unsigned *news)
{
    struct member *member = TAILQ_FIRST(&fanout->news);

    if (!member) {
        weigh(fanout);
        return NULL;
    }
    *news = take_news(fanout, member);
    if (!may_evict(fanout))
        *news &= ~(unsigned)NEWS_EVICT;
    return member;
}

void fanout_note(struct fanout *fanout, struct member *member, unsigned changes)
{
    if (changes & OUTBOX_PENDING && !(member->seat.queued & IN_PENDING)) {
        TAILQ_INSERT_TAIL(&fanout->pending, member, seat.pending);
        member->seat.queued |= IN_PENDING;
    }
    if (changes & OUTBOX_TOOK)
        note_took(fanout, member);
    if (changes & OUTBOX_ENDED && member->outbox.write == OUTBOX_CLOSED)
        add_news(fanout, member, NEWS_BROKEN);
    if (changes & OUTBOX_FILLED)
        enter_congested(fanout, member);
    if (changes & OUTBOX_DRAINED && leave_congested(fanout, member)) {
        add_news(fanout, member, NEWS_DRAINED);
        note_ready(fanout);
    }
}

void fanout_note_stalled(struct fanout *fanout, struct member *member)
{
    mark(fanout, member);
}

/* A room of two is a conversation, which waits for its slower side. Those that are stalled, behind
 * the others, hold up none. */
void fanout_note_awaited(struct fanout *fanout, const struct member *except, uint64_t ms)
{
    uint64_t now = uv_now(fanout->loop);
    struct member *member;

    TAILQ_FOREACH(member, &fanout->congested, seat.congested)
    {
        if (!left_since(fanout, member->took_at))
            break;
        if (member != except && fanout->roster->count > 2 &&
            patience_add(&member->seat.rate.patience, ms, now) >= FANOUT_AWAITED_MS)
            mark(fanout, member);
    }
}

/* ---- memory ---- */

bool fanout_is_full(const struct fanout *fanout)
{
    return is_over(fanout, fanout->memory) && may_evict(fanout);
}

static struct member *larger(struct member *most, struct member *member)
{
    return !most || member->outbox.bytes > most->outbox.bytes ? member : most;
}

/* All are looked at only where none is congested: very many, with a little each. */
struct member *fanout_largest(const struct fanout *fanout)
{
    struct member *most = NULL, *member;

    TAILQ_FOREACH(member, &fanout->congested, seat.congested)
    most = larger(most, member);
    for (member = most ? NULL : fanout->roster->first; member; member = member->seat.next)
        most = larger(most, member);
    return most;
}

/* ---- filling ---- */

static void leave_pending(struct fanout *fanout, struct member *member)
{
    if (member->seat.queued & IN_PENDING)
        TAILQ_REMOVE(&fanout->pending, member, seat.pending);
    member->seat.queued &= (unsigned char)~IN_PENDING;
}

/* Past the limit the member is asked once more: the loop may not have come to it. `put` bytes of
 * the message are written already. */
static void queue(struct fanout *fanout, struct member *member, struct message *message, size_t put)
{
    if (member->seat.news & NEWS_EVICT || member->state != MEMBER_TALKING)
        return;
    fanout_note(fanout, member, member_send(member, message, put));
    if (member->outbox.bytes > fanout->limit)
        fanout_note(fanout, member, member_flush(member));
    if (member->outbox.bytes > fanout->limit)
        mark(fanout, member);
}

/* Without those messages of the batch that are within the first `put` bytes for this member. */
static void settle(struct fanout *fanout, struct member *member, size_t put)
{
    struct form_plan plan = member_plan(member);

    while (member->seat.has < batch_end(&fanout->batch)) {
        struct message *message = batch_message(&fanout->batch, member->seat.has++);
        size_t n = put ? message_form(message, &plan)->n : 1;

        if (put < n)
            queue(fanout, member, message, put);
        put -= put < n ? put : n;
    }
}

void fanout_settle(struct fanout *fanout, struct member *member)
{
    if (member->state == MEMBER_TALKING)
        settle(fanout, member, 0);
}

void fanout_settle_all(struct fanout *fanout)
{
    for (struct member *member = fanout->roster->first; member; member = member->seat.next)
        settle(fanout, member, 0);
}

void fanout_send(struct fanout *fanout, struct member *member, struct message *message)
{
    fanout_settle(fanout, member);
    queue(fanout, member, message, 0);
}

static void miss(struct fanout *fanout, const struct member *except)
{
    for (struct member *member = fanout->roster->first; member; member = member->seat.next)
        if (member != except)
            queue(fanout, member, NULL, 0);
}

/* ---- the batch ---- */

/* The number of bytes that a member took which is to get the whole batch, and nothing before it. */
static size_t put_batch(struct fanout *fanout, struct member *member)
{
    struct form_plan plan = member_plan(member);
    struct line all = batch_bytes(&fanout->batch, &plan);
    size_t put = all.n ? outbox_put(&member->outbox, all.bytes, all.n) : 0;

    if (put) {
        note_took(fanout, member);
        member->took_at = member->active_at = fanout->took_at;
    }
    if (all.n && put == all.n)
        member->seat.has = batch_end(&fanout->batch);
    return put;
}

/* Thousands of members are far apart in memory: while one is written to, the processor fetches what
 * the next one needs. */
static void fetch_ahead(const struct member *member)
{
    const char *line = (const char *)member, *end = (const char *)&member->seat.queued;

    for (; line < end; line += CACHE_LINE)
        __builtin_prefetch(line);
    __builtin_prefetch(end);
    __builtin_prefetch(&member->inbox.encoding);
    __builtin_prefetch(&member->inbox.intake.telnet.negotiated);
}

static void write_batch(struct fanout *fanout)
{
    struct batch *batch = &fanout->batch;

    for (struct member *member = fanout->roster->first; member; member = member->seat.next) {
        bool takes_all = member->seat.has == batch->first && outbox_is_clear(&member->outbox) &&
                         member->state == MEMBER_TALKING && !(member->seat.news & NEWS_EVICT);

        if (member->seat.next)
            fetch_ahead(member->seat.next);
        settle(fanout, member, takes_all ? put_batch(fanout, member) : 0);
    }
    batch_clear(batch);
}

void fanout_flush(struct fanout *fanout)
{
    struct member *member;

    if (fanout->batch.count)
        write_batch(fanout);
    while ((member = TAILQ_FIRST(&fanout->pending))) {
        leave_pending(fanout, member);
        fanout_note(fanout, member, member_flush(member));
    }
    weigh(fanout); /* without what was taken meanwhile, and the message that was in hand */
}

void fanout_spread(struct fanout *fanout, struct member *except, struct message *message)
{
    if (!message)
        miss(fanout, except);
    if (!message || !fanout->roster->first)
        return;
    if (batch_is_full(&fanout->batch, message->n))
        fanout_flush(fanout);
    if (except)
        fanout_settle(fanout, except);
    batch_add(&fanout->batch, message);
    if (except)
        except->seat.has = batch_end(&fanout->batch);
}

void fanout_join(const struct fanout *fanout, struct member *member)
{
    member->seat.has = batch_end(&fanout->batch);
}

void fanout_fini(struct fanout *fanout)
{
    batch_clear(&fanout->batch);
}

void fanout_forget(struct fanout *fanout, struct member *member)
{
    leave_pending(fanout, member);
    take_news(fanout, member);
    weigh(fanout);
    if (leave_congested(fanout, member))
        note_ready(fanout);
}
