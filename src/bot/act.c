/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/act.h"

#include <time.h>

#include "base/event.h"
#include "base/language.h"
#include "bot/match.h"
#include "room/dispatch.h"
#include "room/record.h"

static int make(const struct peer *peer, const struct statement *statement, struct buf *out,
                struct err *err)
{
    struct form_plan plan = member_plan(peer->member);
    struct literal_values values = {.utf8 = peer->plan->utf8,
                                    .charset = statement->kind == SEND ? plan.charset : NULL,
                                    .text = plan.text,
                                    .count = peer->sent + 1,
                                    .time = time(NULL)};

    match_captures(peer, values.captures);
    return literal_make(statement->literal, &values, out, err);
}

/* The text of the message is empty: its one form is for this member alone. */
static int put(const struct peer *peer, const void *bytes, size_t n, struct err *err)
{
    struct room *room = peer->plan->room;
    struct message *message =
        message_new(room->options.member.inbox.utf8, "", 0, false, &room->fanout.pool.held);
    struct form_plan plan = member_plan(peer->member);
    int known = message ? message_know(message, &plan, bytes, n) : -1;

    if (known == 0) {
        record_answer(room, peer->member, plan.charset, bytes, n);
        fanout_send(&room->fanout, peer->member, message);
        dispatch_news(room);
    }
    if (message)
        message_release(message);
    return known == 0 ? 0 : err_memory(err);
}

static int send_literal(struct peer *peer, const struct statement *statement, struct err *err)
{
    struct buf bytes;
    int result;

    buf_init(&bytes, ACT_BYTES);
    result = make(peer, statement, &bytes, err);
    if (result == 0) {
        peer->sent++;
        result = put(peer, buf_bytes(&bytes), buf_length(&bytes), err);
    }
    buf_fini(&bytes);
    return result;
}

static void tell_log(const struct peer *peer, const struct statement *statement,
                     const struct buf *text)
{
    event_tell(&(struct event){.kind = EVENT_LOG,
                               .sentence = N_("{peer}: {path}:{line}: {text}"),
                               .peer = member_address(peer->member),
                               .path = peer->plan->playbook->path,
                               .line = statement->line,
                               .text = (const char *)buf_bytes(text),
                               .text_n = buf_length(text)});
}

/* Without a literal: what was matched, or in rules the message that it was in. */
static int log_text(const struct peer *peer, const struct statement *statement, struct err *err)
{
    bool whole = peer->plan->playbook->kind == PLAYBOOK_RULES;
    struct buf text;
    int result;

    buf_init(&text, ACT_BYTES);
    if (statement->literal)
        result = make(peer, statement, &text, err);
    else
        result = match_write(peer, whole, &text) < 0 ? err_memory(err) : 0;
    if (result == 0)
        tell_log(peer, statement, &text);
    buf_fini(&text);
    return result;
}

int act_out(struct peer *peer, const struct statement *statement, struct err *err)
{
    return statement->kind == SEND ? send_literal(peer, statement, err)
                                   : log_text(peer, statement, err);
}
