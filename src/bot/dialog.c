/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/event.h"
#include "base/language.h"
#include "bot/match.h"
#include "bot/quiet.h"
#include "room/dispatch.h"

enum {
    STEPS = 100,                /* of one turn of the loop */
    NEXT_TURN_MS = 1,           /* as a member has it */
    MESSAGE_MOST = 1024 * 1024, /* bytes of a literal */
};

static uint64_t now_of(const struct peer *peer)
{
    return uv_now(peer->plan->loop);
}

static bool is_script(const struct peer *peer)
{
    return peer->plan->playbook->kind == PLAYBOOK_SCRIPT;
}

/* ---- the end ---- */

static struct ending ending_of(const struct peer *peer)
{
    return peer->has_ended ? closed_by_peer : closed_by_us;
}

static void let_go(struct peer *peer)
{
    peer->state = PEER_OVER;
    dispatch_let_out(peer->plan->room, peer->member, ending_of(peer));
}

/* Among many peers the room goes on, so that the failure is told here. */
static void give_up(struct peer *peer, const struct statement *statement, const char *why)
{
    const struct peer_plan *plan = peer->plan;
    struct err err = {.kind = ERR_PROGRAM};

    peer->state = PEER_OVER;
    match_tell_none(peer, statement, why, plan->once ? EVENT_RECORDED : EVENT_ALWAYS);
    snprintf(err.sentence, sizeof err.sentence, "%.200s:%u: %s", plan->playbook->path,
             statement->line, why);
    language_trim(err.sentence);
    dispatch_let_out(plan->room, peer->member, ending_of(peer));
    if (plan->once)
        err_keep(&plan->room->outcome, &err);
}

static void fail(struct peer *peer, const struct statement *statement, const char *why)
{
    char reason[MATCH_REASON];

    match_failure(peer, statement, why, reason);
    give_up(peer, statement, reason);
}

/* ---- steps ---- */

static void on_timer(uv_timer_t *timer);

static void ring_at(struct peer *peer, uint64_t at)
{
    uint64_t now = now_of(peer);

    uv_timer_start(&peer->timer, on_timer, at > now ? at - now : NEXT_TURN_MS, 0);
}

/* False: the literal has no bytes with these values, and the answer ends. */
static bool make(struct peer *peer, const struct statement *statement, bool for_peer,
                 struct buf *out)
{
    struct form_plan plan = member_plan(peer->member);
    struct literal_values values = {.utf8 = peer->plan->utf8,
                                    .charset = for_peer ? plan.charset : NULL,
                                    .text = plan.text,
                                    .count = peer->sent + 1,
                                    .time = time(NULL)};
    struct err err = {0};

    match_captures(peer, values.captures);
    if (literal_make(statement->literal, &values, out, &err) == 0)
        return true;
    if (is_script(peer))
        fail(peer, statement, err.sentence);
    else
        match_tell_none(peer, statement, err.sentence, EVENT_ALWAYS);
    return false;
}

/* The text of the message is empty: its one form is for this member alone. */
static void put(struct peer *peer, const void *bytes, size_t n)
{
    struct room *room = peer->plan->room;
    struct message *message = dispatch_message(room, "", 0, false);
    struct form_plan plan = member_plan(peer->member);

    if (!message)
        return;
    if (message_know(message, &plan, bytes, n) == 0) {
        fanout_send(&room->fanout, peer->member, message);
        dispatch_news(room);
    }
    message_release(message);
}

static bool send_literal(struct peer *peer, const struct statement *statement)
{
    struct buf bytes;
    bool is_made;

    buf_init(&bytes, MESSAGE_MOST);
    is_made = make(peer, statement, true, &bytes);
    if (is_made) {
        peer->sent++;
        put(peer, buf_bytes(&bytes), buf_length(&bytes));
    }
    buf_fini(&bytes);
    return is_made && peer->state != PEER_OVER;
}

static bool log_text(struct peer *peer, const struct statement *statement)
{
    struct buf text;
    bool is_made;

    buf_init(&text, MESSAGE_MOST);
    is_made = statement->literal ? make(peer, statement, false, &text)
                                 : match_write(peer, !is_script(peer), &text) == 0;
    if (is_made)
        event_tell(&(struct event){.kind = EVENT_LOG,
                                   .sentence = N_("{peer}: {path}:{line}: {text}"),
                                   .peer = member_address(peer->member),
                                   .path = peer->runner.playbook->path,
                                   .line = statement->line,
                                   .text = (const char *)buf_bytes(&text),
                                   .text_n = buf_length(&text)});
    buf_fini(&text);
    return is_made;
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

/* The answer to a rule that could not be made ends as if it were complete. */
static bool act(struct peer *peer, const struct statement *statement)
{
    bool is_done =
        statement->kind == SEND ? send_literal(peer, statement) : log_text(peer, statement);

    if (!is_done && peer->state != PEER_OVER)
        be_idle(peer);
    return is_done;
}

static bool expect(struct peer *peer, const struct statement *statement)
{
    peer->state = PEER_EXPECTING;
    peer->expect = statement;
    peer->has_limit = false;
    window_begin(&peer->window);
    switch (match_search(peer, !peer->has_ended)) {
    case MATCH_FOUND: peer->state = PEER_WAITING; return true;
    case MATCH_UNSETTLED: ring_at(peer, match_settles_at(peer)); break;
    case MATCH_NONE: ring_at(peer, peer->runner.until); break;
    case MATCH_HOPELESS: fail(peer, statement, NULL); return false;
    }
    member_resume(peer->member);
    return false;
}

/* Whether the next step may follow at once. */
static bool carry_out(struct peer *peer, enum runner_step step, const struct statement *statement)
{
    switch (step) {
    case RUNNER_ACTS: return act(peer, statement);
    case RUNNER_EXPECTS: return expect(peer, statement);
    case RUNNER_WAITS: ring_at(peer, peer->runner.until); return false;
    case RUNNER_FAILS: fail(peer, statement, statement->text); return false;
    case RUNNER_CLOSES: let_go(peer); return false;
    case RUNNER_DONE: break;
    }
    if (is_script(peer))
        let_go(peer);
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

static void hear_message(struct peer *peer, const struct inbound *inbound)
{
    size_t head;

    if (peer->state != PEER_IDLE) /* the time of the peer is up, and what was held is said */
        return;
    quiet_break(peer, now_of(peer));
    if (match_find_rule(peer, inbound, &head))
        answer(peer, head);
    else
        be_idle(peer);
}

/* ---- scripts ---- */

static void search(struct peer *peer, bool goes_on)
{
    switch (match_search(peer, goes_on && !peer->has_ended)) {
    case MATCH_FOUND: go_on(peer); break;
    case MATCH_UNSETTLED: ring_at(peer, match_settles_at(peer)); break;
    case MATCH_NONE: ring_at(peer, peer->runner.until); break;
    case MATCH_HOPELESS: fail(peer, peer->expect, NULL); break;
    }
}

static void hear_stream(struct peer *peer, const struct inbound *inbound)
{
    bool is_held = window_add(&peer->window, inbound->charset, inbound->text, inbound->n,
                              inbound->wire.bytes, inbound->wire.n) == 0;

    if (!is_held)
        give_up(peer, &peer->plan->playbook->statements[0], language_text(N_("out of memory")));
    else if (peer->state == PEER_EXPECTING)
        search(peer, true);
}

void dialog_ended(struct peer *peer)
{
    peer->has_ended = true;
    if (peer->state == PEER_EXPECTING)
        search(peer, false);
}

/* ---- events ---- */

static void on_timer(uv_timer_t *timer)
{
    struct peer *peer = timer->data;

    switch (peer->state) {
    case PEER_IDLE: end_silence(peer); break;
    case PEER_WAITING: go_on(peer); break;
    case PEER_EXPECTING: search(peer, false); break;
    case PEER_BLOCKED:
    case PEER_OVER: break;
    }
}

bool dialog_accepts(const struct peer *peer)
{
    if (!is_script(peer))
        return peer->state == PEER_IDLE;
    return peer->state != PEER_OVER &&
           (peer->state == PEER_EXPECTING || !window_is_full(&peer->window));
}

void dialog_heard(struct peer *peer, const struct inbound *inbound)
{
    if (peer->state == PEER_OVER)
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
    struct peer *peer = calloc(1, sizeof *peer);

    if (!peer)
        return NULL;
    peer->plan = plan;
    peer->member = member;
    uv_timer_init(plan->loop, &peer->timer);
    peer->timer.data = peer;
    buf_init(&peer->subject, 2 * MESSAGE_MOST);
    window_init(&peer->window, plan->utf8, plan->text.bad);
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
    struct peer *peer = handle->data;

    buf_fini(&peer->subject);
    window_fini(&peer->window);
    free(peer);
}

void dialog_leave(struct peer *peer)
{
    peer->state = PEER_OVER;
    uv_close((uv_handle_t *)&peer->timer, on_closed);
}
