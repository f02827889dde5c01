/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/dialog.h"

#include "base/event.h"
#include "base/language.h"
#include "bot/act.h"
#include "bot/match.h"
#include "bot/outcome.h"
#include "bot/quiet.h"
#include "room/dispatch.h"

enum {
    STEPS = 100,      /* of one turn of the loop */
    NEXT_TURN_MS = 1, /* as a member has it */
};

static uint64_t now_of(const struct peer *peer)
{
    return uv_now(peer->plan->loop);
}

static bool is_script(const struct peer *peer)
{
    return peer->plan->playbook->kind == PLAYBOOK_SCRIPT;
}

/* ---- steps ---- */

static void on_timer(uv_timer_t *timer);

static void ring_at(struct peer *peer, uint64_t at)
{
    uint64_t now = now_of(peer);

    uv_timer_start(&peer->timer, on_timer, at > now ? at - now : NEXT_TURN_MS, 0);
}

/* An expectation is searched for again at this time, and the peer is read again after its pause. */
static void await(struct peer *peer, uint64_t at)
{
    uint64_t pause = peer->budget.pause_until;

    peer->due = at;
    ring_at(peer, pause > now_of(peer) && pause < at ? pause : at);
}

static void go_on(struct peer *peer);
static void begin_silence(struct peer *peer);

/* A member is read again from within its own message, too. */
static void be_idle(struct peer *peer)
{
    peer->state = PEER_IDLE;
    begin_silence(peer);
    member_resume(peer->member);
}

static bool is_broken(const struct peer *peer)
{
    return peer->member->outbox.write == OUTBOX_CLOSED;
}

/* The answer to a rule that could not be made ends as if it were complete. Within a SEND the peer
 * may have been let go, or a write may have failed, which has stopped the run. */
static bool act(struct peer *peer, const struct statement *statement)
{
    struct err err = {0};

    if (act_out(peer, statement, &err) == 0)
        return peer->state != PEER_OVER && !(statement->kind == SEND && is_broken(peer));
    if (is_script(peer)) {
        outcome_fail(peer, statement, err.sentence);
        return false;
    }
    match_tell_none(peer, statement, err.sentence, EVENT_ALWAYS);
    be_idle(peer);
    return false;
}

static bool expect(struct peer *peer, const struct statement *statement)
{
    peer->state = PEER_EXPECTING;
    peer->expect = statement;
    window_begin(&peer->window);
    switch (match_search(peer, !peer->has_ended)) {
    case MATCH_FOUND: peer->state = PEER_WAITING; return true;
    case MATCH_UNSETTLED: await(peer, match_settles_at(peer)); break;
    case MATCH_NONE: await(peer, peer->runner.until); break;
    case MATCH_POSTPONED: ring_at(peer, peer->budget.pause_until); break;
    case MATCH_HOPELESS: outcome_fail(peer, statement, NULL); return false;
    case MATCH_MEMORY:
        outcome_fail(peer, statement, language_text(N_("out of memory")));
        return false;
    }
    member_resume(peer->member);
    return false;
}

/* The run ends. Rules still log what a peer had said; a script has nothing left to do. */
static void stop_run(struct peer *peer)
{
    if (!is_script(peer)) {
        be_idle(peer);
        return;
    }
    peer->state = PEER_BROKEN;
    member_resume(peer->member);
}

/* No peer is there to be sent to, or to be waited for. */
static bool is_in_vain(enum runner_step step, const struct statement *statement)
{
    return step == RUNNER_WAITS || (step == RUNNER_ACTS && statement->kind == SEND);
}

/* Whether the next step may follow at once. */
static bool carry_out(struct peer *peer, enum runner_step step, const struct statement *statement)
{
    switch (step) {
    case RUNNER_ACTS: return act(peer, statement);
    case RUNNER_EXPECTS: return expect(peer, statement);
    case RUNNER_WAITS: ring_at(peer, peer->runner.until); return false;
    case RUNNER_FAILS: outcome_fail(peer, statement, statement->text); return false;
    case RUNNER_CLOSES: outcome_let_go(peer); return false;
    case RUNNER_DONE: break;
    }
    if (is_script(peer))
        outcome_let_go(peer);
    else
        be_idle(peer);
    return false;
}

static void go_on(struct peer *peer)
{
    const struct statement *statement = NULL;

    uv_timer_stop(&peer->timer);
    peer->state = PEER_WAITING;
    for (int steps = 0; steps < STEPS; steps++) {
        enum runner_step step;

        if (peer->member->outbox.load == LOAD_CONGESTED) {
            peer->state = PEER_BLOCKED;
            return;
        }
        step = runner_next(&peer->runner, now_of(peer), &statement);
        if (is_broken(peer) && is_in_vain(step, statement)) {
            stop_run(peer);
            return;
        }
        if (!carry_out(peer, step, statement))
            return;
    }
    ring_at(peer, 0);
}

/* ---- rules ---- */

static void answer(struct peer *peer, size_t head)
{
    const struct playbook *playbook = peer->plan->playbook;

    peer->runner = runner_of_rule(playbook, head);
    go_on(peer);
}

static bool has_rule(const struct peer *peer, enum statement_kind kind, size_t *head)
{
    const struct playbook *playbook = peer->plan->playbook;

    for (*head = 0; *head < playbook->count; ++*head)
        if (playbook->statements[*head].kind == kind)
            return true;
    return false;
}

static void begin_silence(struct peer *peer)
{
    uint64_t due;

    if (quiet_due(peer, &due))
        ring_at(peer, due);
}

static void end_silence(struct peer *peer)
{
    size_t head;

    if (quiet_take(peer, now_of(peer), &head)) {
        match_forget(peer);
        answer(peer, head);
    } else
        begin_silence(peer);
}

static void begin_pause(struct peer *peer)
{
    peer->state = PEER_PAUSED;
    ring_at(peer, peer->budget.pause_until);
}

static void take_result(struct peer *peer, enum match_result result, size_t head)
{
    if (result == MATCH_FOUND)
        answer(peer, head);
    else if (result == MATCH_POSTPONED)
        begin_pause(peer);
    else
        be_idle(peer);
}

static void hear_message(struct peer *peer, const struct inbound *inbound)
{
    enum match_result result;
    size_t head;

    if (peer->state != PEER_IDLE) /* the time of the peer is up, and what was held is said */
        return;
    quiet_break(peer, now_of(peer));
    result = match_find_rule(peer, inbound, &head);
    take_result(peer, result, head);
}

static void end_pause(struct peer *peer)
{
    enum match_result result;
    size_t head;

    if (!peer->budget.is_postponed) {
        be_idle(peer);
    } else if (match_holds(peer)) {
        begin_pause(peer);
    } else {
        result = match_find_again(peer, &head);
        take_result(peer, result, head);
    }
}

/* ---- scripts ---- */

static void search(struct peer *peer, bool goes_on)
{
    switch (match_search(peer, goes_on && !peer->has_ended)) {
    case MATCH_FOUND: go_on(peer); break;
    case MATCH_UNSETTLED: await(peer, match_settles_at(peer)); break;
    case MATCH_NONE: await(peer, peer->runner.until); break;
    case MATCH_POSTPONED: ring_at(peer, peer->budget.pause_until); break;
    case MATCH_HOPELESS: outcome_fail(peer, peer->expect, NULL); break;
    case MATCH_MEMORY: outcome_fail(peer, peer->expect, language_text(N_("out of memory"))); break;
    }
}

static void hear_stream(struct peer *peer, const struct inbound *inbound)
{
    bool is_held = window_add(&peer->window, inbound->charset, inbound->text, inbound->n,
                              inbound->wire.bytes, inbound->wire.n) == 0;

    if (!is_held)
        outcome_give_up(peer, &peer->plan->playbook->statements[0],
                        language_text(N_("out of memory")));
    else if (peer->state == PEER_EXPECTING)
        search(peer, true);
}

void dialog_ended(struct peer *peer)
{
    peer->has_ended = true;
    if (peer->state == PEER_EXPECTING)
        search(peer, false);
}

void dialog_broken(struct peer *peer)
{
    if (peer->plan->once)
        ending_tell_untaken(member_address(peer->member), peer->member->outbox.dropped);
    if (peer->state == PEER_WAITING || peer->state == PEER_BLOCKED) {
        uv_timer_stop(&peer->timer);
        stop_run(peer);
    }
}

/* ---- events ---- */

/* A postponed search is the same again, whatever its time was. */
static void search_again(struct peer *peer)
{
    bool is_postponed = peer->budget.is_postponed;

    if (is_postponed && match_holds(peer)) {
        ring_at(peer, peer->budget.pause_until);
        return;
    }
    if (!is_postponed && now_of(peer) >= peer->due) {
        search(peer, false);
        return;
    }
    if (is_postponed)
        search(peer, peer->goes_on);
    else
        await(peer, peer->due);
    if (peer->state == PEER_EXPECTING)
        member_resume(peer->member);
}

static void on_timer(uv_timer_t *timer)
{
    struct peer *peer = timer->data;

    switch (peer->state) {
    case PEER_IDLE: end_silence(peer); break;
    case PEER_WAITING: go_on(peer); break;
    case PEER_EXPECTING: search_again(peer); break;
    case PEER_PAUSED: end_pause(peer); break;
    case PEER_BLOCKED:
    case PEER_BROKEN:
    case PEER_OVER: break;
    }
}

static bool accepts_message(struct peer *peer)
{
    if (peer->state != PEER_IDLE || !match_holds(peer))
        return peer->state == PEER_IDLE;
    begin_pause(peer);
    return false;
}

static bool accepts_stream(struct peer *peer)
{
    if (peer->state == PEER_EXPECTING && peer->budget.is_postponed)
        return false;
    if (peer->state == PEER_EXPECTING && match_holds(peer)) {
        await(peer, peer->due);
        return false;
    }
    return peer->state == PEER_EXPECTING || peer->state == PEER_BROKEN ||
           (peer->state != PEER_OVER && !window_is_full(&peer->window));
}

bool dialog_accepts(struct peer *peer)
{
    return is_script(peer) ? accepts_stream(peer) : accepts_message(peer);
}

void dialog_heard(struct peer *peer, const struct inbound *inbound)
{
    if (peer->state == PEER_OVER || peer->state == PEER_BROKEN)
        return;
    if (is_script(peer))
        hear_stream(peer, inbound);
    else
        hear_message(peer, inbound);
}

void dialog_drained(struct peer *peer)
{
    if (peer->state == PEER_BLOCKED)
        go_on(peer);
}

/* ---- coming and going ---- */

struct peer *dialog_new(const struct peer_plan *plan, struct member *member)
{
    struct peer *peer = peer_new(plan, member);

    if (!peer)
        return NULL;
    uv_timer_init(plan->loop, &peer->timer);
    peer->timer.data = peer;
    quiet_break(peer, now_of(peer));
    return peer;
}

void dialog_begin(struct peer *peer)
{
    size_t head;

    if (is_script(peer)) {
        peer->runner = runner_of_script(peer->plan->playbook);
        go_on(peer);
    } else if (has_rule(peer, ON_CONNECT, &head))
        answer(peer, head);
    else
        be_idle(peer);
}

static void on_closed(uv_handle_t *handle)
{
    peer_free(handle->data);
}

void dialog_leave(struct peer *peer)
{
    peer->state = PEER_OVER;
    match_sum(peer);
    uv_close((uv_handle_t *)&peer->timer, on_closed);
}
