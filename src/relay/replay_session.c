/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/replay_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "base/language.h"
#include "io/player.h"
#include "net/endpoint.h"
#include "relay/session.h"

/* A connection and its player: the far and the near end of the session. */
struct replay_pair {
    struct session session;
    TAILQ_ENTRY(replay_pair) entry;
    struct replay_session *replay;
};

/* ---- the outcome ---- */

static void finish_if_over(struct replay_session *replay)
{
    if (!replay->closing || replay->is_done || !TAILQ_EMPTY(&replay->pairs))
        return;
    replay->is_done = true;
    replay->handler.done(replay->handler.owner, &replay->outcome);
}

/* The failure of the only connection is the run's, which says it. */
static void note(struct replay_session *replay, const struct err *err)
{
    struct err told = *err;

    replay->closing |= replay->options.once;
    if (!replay->options.once) {
        if (*err->sentence)
            event_say_error("%s", err->sentence);
        *told.sentence = '\0';
    }
    if (replay->options.once || err->kind == ERR_PROGRAM)
        err_keep(&replay->outcome, &told);
    finish_if_over(replay);
}

/* ---- a pair ---- */

static void on_closed(struct session *session)
{
    free((struct replay_pair *)session);
}

static void close_pair(struct replay_pair *pair, enum stream_close how)
{
    TAILQ_REMOVE(&pair->replay->pairs, pair, entry);
    session_close(&pair->session, STREAM_ABORT, how, on_closed);
}

/* The failure of the run tells the place of a deviation. */
static const char *reason_of(const struct replay_pair *pair, const struct err *err)
{
    if (err->kind == ERR_PROGRAM)
        return language_text(N_("it did not follow the recording"));
    return err->kind == ERR_NONE && player_broke_off(pair->session.near)
               ? language_text(N_("the recorded peer did so"))
               : NULL;
}

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct replay_pair *pair = owner;
    struct replay_session *replay = pair->replay;
    const char *reason = reason_of(pair, err);
    enum stream_close how = reason ? STREAM_BREAK : session_far_close(&pair->session, end, err);
    struct err outcome = *err;

    if (reason)
        session_say(&pair->session, (struct ending){.reason = reason});
    else
        session_conclude(&pair->session, end, err, stream_label(pair->session.near), &outcome);
    close_pair(pair, how);
    note(replay, &outcome);
}

static int join(struct replay_pair *pair, struct err *err)
{
    const struct replay_options *options = &pair->replay->options;
    const char *peer = stream_label(pair->session.far);
    char own[2 * ADDRESS_LABEL];
    struct session_options how = {
        .relay = options->relay,
        .tee = {.transcript = options->transcript,
                .charset = options->heard,
                .utf8 = options->utf8,
                .own = own,
                .peer = peer},
    };
    uint32_t first = tape_take(options->tape);

    snprintf(own, sizeof own, "%s>%s", options->tape->path, peer);
    if (!first)
        return err_set(err, ERR_USAGE, "%s: all peers of %.256s were played", peer,
                       options->tape->path);
    pair->session.near =
        player_new(pair->replay->loop, options->tape, first, options->paces, peer, err);
    return pair->session.near ? session_join(&pair->session, &how, on_done, pair, err) : -1;
}

static int serve(struct replay_session *replay, struct stream *stream, struct err *err)
{
    struct replay_pair *pair = calloc(1, sizeof *pair);

    if (!pair) {
        stream_close(stream, STREAM_ABORT);
        return err_memory(err);
    }
    session_begin(&pair->session, replay->loop, stream, replay->handler.is_dialled);
    pair->replay = replay;
    TAILQ_INSERT_TAIL(&replay->pairs, pair, entry);
    if (join(pair, err) == 0)
        return 0;
    close_pair(pair, STREAM_ABORT);
    return -1;
}

/* ---- the handler ---- */

static int replay_session_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct replay_session *replay = (struct replay_session *)handler;

    if (replay->closing) {
        stream_close(stream, STREAM_ABORT);
        return 0;
    }
    return serve(replay, stream, err);
}

static void replay_session_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct replay_session *replay = (const struct replay_session *)handler;
    const struct replay_pair *pair;

    TAILQ_FOREACH(pair, &replay->pairs, entry)
    session_visit(&pair->session, visit, owner);
}

static const struct handler_ops replay_session_ops = {
    .serve = replay_session_serve,
    .visit = replay_session_visit,
};

void replay_session_init(struct replay_session *replay, uv_loop_t *loop,
                         const struct replay_options *options)
{
    *replay = (struct replay_session){
        .handler = {.ops = &replay_session_ops}, .loop = loop, .options = *options};
    TAILQ_INIT(&replay->pairs);
}

void replay_session_drain(struct replay_session *replay)
{
    replay->closing = true;
    finish_if_over(replay);
}

void replay_session_stop(struct replay_session *replay, const char *reason)
{
    struct replay_pair *pair;

    replay->closing = true;
    while ((pair = TAILQ_FIRST(&replay->pairs))) {
        session_say(&pair->session, (struct ending){.reason = reason});
        close_pair(pair, STREAM_ABORT);
    }
    finish_if_over(replay);
}
