/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/player.h"

#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "io/track.h"
#include "text/excerpt.h"

/* A recorded time, and the time of uv_hrtime at which the same happened now, in microseconds. */
struct anchor {
    bool is_set;
    int64_t recorded, now;
};

struct player {
    struct stream stream;
    const struct tape *tape;
    bool paces, closing;
    bool broke_off; /* the recorded peer */
    bool caller_ended;
    struct track said, heard; /* "in" and "out" of the recording */
    struct anchor anchor;
    unsigned watched;
    uv_timer_t timer;
    struct err failed;
    char caller[];
};

static struct player *player_of(struct stream *stream)
{
    return (struct player *)stream;
}

static int fail(struct player *player, struct err *err)
{
    *err = player->failed;
    return STREAM_FAIL;
}

/* ---- time ---- */

static int64_t now(void)
{
    return (int64_t)(uv_hrtime() / 1000);
}

/* The time at which a loaded piece is due; 0: at once. */
static int64_t due(const struct player *player, const struct recording_line *line)
{
    const struct anchor *anchor = &player->anchor;

    if (!player->paces || !anchor->is_set || line->at <= anchor->recorded)
        return 0;
    return anchor->now + (line->at - anchor->recorded);
}

/* From the time at which a piece was due, so that delays do not add up. */
static void note_said(struct player *player, const struct recording_line *line)
{
    int64_t at = due(player, line);

    player->anchor = (struct anchor){true, line->at, at ? at : now()};
}

/* Bytes that come earlier than in the recording tell nothing about later parts. */
static void note_heard(struct player *player)
{
    if (!player->said.piece || player->heard.piece < player->said.piece)
        player->anchor = (struct anchor){true, player->heard.line.at, now()};
}

/* ---- what the peer says ---- */

/* Whether the caller has said all that the next part waits for. */
static bool is_answered(const struct player *player)
{
    return !player->heard.piece || (player->said.piece && player->said.piece < player->heard.piece);
}

/* Whether a read gives something now; else *wait is the time (ms) until then, or UINT64_MAX. */
static bool is_ready(struct player *player, uint64_t *wait)
{
    int64_t at, late;

    *wait = UINT64_MAX;
    if (player->failed.kind != ERR_NONE)
        return true;
    if (!is_answered(player))
        return false;
    if (!player->said.piece || track_load(&player->said, &player->failed) < 0)
        return true;
    at = due(player, &player->said.line);
    late = at ? now() - at : 0;
    if (late >= 0)
        return true;
    *wait = (uint64_t)(-late + 999) / 1000;
    return false;
}

/* An end that is not to be passed on as one: the failure has no kind. */
static int break_off(struct player *player, struct err *err)
{
    player->broke_off = true;
    err_set(err, ERR_NONE, "%s", "");
    return STREAM_FAIL;
}

static ssize_t player_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct player *player = player_of(stream);
    struct track *said = &player->said;
    const unsigned char *rest;
    uint64_t wait;
    size_t left;

    if (!is_ready(player, &wait))
        return STREAM_AGAIN;
    if (player->failed.kind != ERR_NONE)
        return fail(player, err);
    if (!track_has_bytes(said))
        return said->piece && track_piece(said)->breaks ? break_off(player, err) : 0;
    rest = track_rest(said, &left);
    if (n > left)
        n = left;
    memcpy(bytes, rest, n);
    if (!said->done)
        note_said(player, &said->line);
    if (track_pass(said, n))
        track_step(said);
    return (ssize_t)n;
}

/* ---- what the caller says ---- */

/* Fails at the next byte of the caller: `bytes`, or its end (NULL). */
static int deviate(struct player *player, const unsigned char *bytes, size_t n)
{
    const struct track *heard = &player->heard;
    const struct tape_piece *piece = track_piece(heard);
    char expected[EXCERPT], got[EXCERPT];
    unsigned line = piece ? piece->line : (unsigned)player->tape->count;
    size_t left;
    const unsigned char *rest = track_rest(heard, &left);

    if (track_has_bytes(heard))
        excerpt(rest, left, expected);
    else
        excerpt_end(expected);
    if (bytes)
        excerpt(bytes, n, got);
    else
        excerpt_end(got);
    err_set(&player->failed, ERR_PROGRAM,
            "%s deviates at byte %llu from line %u of %.128s: %s was expected, and %s came",
            player->caller, (unsigned long long)heard->passed, line, player->tape->path, expected,
            got);
    return STREAM_FAIL;
}

static size_t equal_bytes(const unsigned char *one, const unsigned char *other, size_t n)
{
    size_t i = 0;

    while (i < n && one[i] == other[i])
        i++;
    return i;
}

/* Compares with one piece. Returns how many bytes were equal, or STREAM_FAIL. */
static ssize_t hear_some(struct player *player, const unsigned char *bytes, size_t n)
{
    struct track *heard = &player->heard;
    const unsigned char *rest;
    size_t most, equal;
    bool is_over;

    if (!track_has_bytes(heard))
        return deviate(player, bytes, n);
    if (track_load(heard, &player->failed) < 0)
        return STREAM_FAIL;
    rest = track_rest(heard, &most);
    most = most < n ? most : n;
    equal = equal_bytes(bytes, rest, most);
    is_over = track_pass(heard, equal);
    if (equal < most)
        return deviate(player, bytes + equal, n - equal);
    if (is_over) {
        note_heard(player);
        track_step(heard);
    }
    return (ssize_t)equal;
}

static ssize_t player_writev(struct stream *stream, const struct iovec *iov, int count,
                             struct err *err)
{
    struct player *player = player_of(stream);
    ssize_t sum = 0;

    if (player->failed.kind != ERR_NONE)
        return fail(player, err);
    for (int i = 0; i < count; i++)
        for (size_t done = 0; done < iov[i].iov_len;) {
            ssize_t some = hear_some(player, (const unsigned char *)iov[i].iov_base + done,
                                     iov[i].iov_len - done);

            if (some < 0)
                return fail(player, err);
            done += (size_t)some;
            sum += some;
        }
    return sum;
}

/* The caller has ended, earlier or later than it had. An end that was not recorded is none of a
 * deviation: the recording may have been broken off. */
static int player_finish(struct stream *stream, struct err *err)
{
    struct player *player = player_of(stream);
    struct track *heard = &player->heard;

    if (player->failed.kind != ERR_NONE)
        return fail(player, err);
    player->caller_ended = true;
    if (!heard->piece)
        return 0;
    if (track_load(heard, &player->failed) < 0)
        return fail(player, err);
    if (track_has_bytes(heard)) {
        deviate(player, NULL, 0);
        return fail(player, err);
    }
    note_heard(player);
    track_step(heard);
    return 0;
}

static int player_check(struct stream *stream, struct err *err)
{
    (void)stream, (void)err;
    return 0;
}

/* ---- the loop ---- */

static void schedule(struct player *player);

static void on_timer(uv_timer_t *timer)
{
    struct player *player = timer->data;
    uint64_t wait;
    unsigned bits = player->watched & STREAM_OUT;

    if (player->watched & STREAM_IN && is_ready(player, &wait))
        bits |= STREAM_IN;
    if (bits)
        player->stream.ready(player->stream.owner, bits);
    if (!player->closing)
        schedule(player);
}

/* The timer has whole milliseconds, and the loop's time may be old. */
static void schedule(struct player *player)
{
    uint64_t wait = UINT64_MAX;

    if (player->watched & STREAM_OUT || (player->watched & STREAM_IN && is_ready(player, &wait)))
        wait = 0;
    if (wait == UINT64_MAX) {
        uv_timer_stop(&player->timer);
        return;
    }
    if (wait)
        uv_update_time(player->timer.loop);
    uv_timer_start(&player->timer, on_timer, wait, 0);
}

static void player_watch(struct stream *stream, unsigned bits)
{
    struct player *player = player_of(stream);

    player->watched = bits;
    schedule(player);
}

static const char *player_label(const struct stream *stream)
{
    return ((const struct player *)stream)->tape->path;
}

static void on_closed(uv_handle_t *handle)
{
    struct player *player = handle->data;

    track_fini(&player->said);
    track_fini(&player->heard);
    free(player);
}

static void player_close(struct stream *stream, enum stream_close how)
{
    struct player *player = player_of(stream);

    (void)how;
    player->closing = true;
    uv_close((uv_handle_t *)&player->timer, on_closed);
}

static const struct stream_ops player_ops = {
    .read = player_read,
    .writev = player_writev,
    .finish = player_finish,
    .check = player_check,
    .watch = player_watch,
    .label = player_label,
    .close = player_close,
};

/* The time at which the recording was opened counts for the first part. */
static int read_opening(struct player *player, uint32_t first)
{
    struct track opening;
    int result;

    if (!player->paces || tape_piece(player->tape, first)->way != RECORDING_OPEN)
        return 0;
    track_init(&opening, player->tape, first, RECORDING_OPEN);
    result = track_load(&opening, &player->failed);
    if (result == 0)
        player->anchor = (struct anchor){true, opening.line.at, now()};
    track_fini(&opening);
    return result;
}

struct stream *player_new(uv_loop_t *loop, const struct tape *tape, uint32_t first, bool paces,
                          const char *caller, struct err *err)
{
    struct player *player = calloc(1, sizeof *player + strlen(caller) + 1);

    if (!player) {
        err_memory(err);
        return NULL;
    }
    player->stream.ops = &player_ops;
    player->tape = tape;
    player->paces = paces;
    track_init(&player->said, tape, first, RECORDING_IN);
    track_init(&player->heard, tape, first, RECORDING_OUT);
    strcpy(player->caller, caller);
    if (read_opening(player, first) < 0) {
        *err = player->failed;
        free(player);
        return NULL;
    }
    uv_timer_init(loop, &player->timer);
    player->timer.data = player;
    return &player->stream;
}

bool player_broke_off(const struct stream *stream)
{
    return ((const struct player *)stream)->broke_off;
}
