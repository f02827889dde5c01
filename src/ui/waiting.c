/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/waiting.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 100 };

void waiting_init(struct waiting *waiting, struct room *room, struct screen *screen,
                  const struct buf *queue)
{
    *waiting = (struct waiting){.room = room, .screen = screen, .queue = queue};
    buf_init(&waiting->ends, UINT32_MAX);
    uv_timer_init(room->loop, &waiting->look);
    waiting->look.data = waiting;
}

void waiting_close(struct waiting *waiting)
{
    buf_fini(&waiting->ends);
    uv_close((uv_handle_t *)&waiting->look, NULL);
}

/* ---- the peers ---- */

static bool is_stalled(const struct member *member, uint64_t now, uint64_t ms)
{
    return member->outbox.load != LOAD_CLEAR && now - member->took_at >= ms;
}

/* The peers whose last write was not taken whole, and that have taken nothing for so long. */
struct blocked {
    size_t count, bytes;
    const struct member *one;
};

static struct blocked find_blocked(const struct waiting *waiting, uint64_t ms)
{
    struct blocked blocked = {0};
    const struct member *member = waiting->room->roster.first;
    uint64_t now = uv_now(waiting->look.loop);

    for (; member; member = member->seat.next) {
        if (!is_stalled(member, now, ms))
            continue;
        blocked.count++;
        blocked.bytes += member->outbox.bytes;
        blocked.one = member;
    }
    return blocked;
}

bool waiting_is_due(const struct waiting *waiting)
{
    const struct member *member = waiting->room->roster.first;
    uint64_t now = uv_now(waiting->look.loop);

    if (!member)
        return false;
    while (member && is_stalled(member, now, WAITING_STALLED_MS))
        member = member->seat.next;
    return !member;
}

static bool is_the_only_one(const struct waiting *waiting, const struct member *member)
{
    return member && waiting->room->roster.count == 1 && waiting->room->roster.first == member;
}

/* ---- notices ---- */

static size_t count_lines(const struct buf *queue)
{
    const char *line = (const char *)buf_bytes(queue), *end = line + buf_length(queue), *lf;
    size_t count = 0;

    for (; line < end && (lf = memchr(line, '\n', (size_t)(end - line))); line = lf + 1)
        count++;
    return count;
}

/* "2 lines and 4711 bytes in all" */
static void tell_blocked(struct waiting *waiting, const struct blocked *blocked)
{
    size_t lines = waiting->said - waiting->sent + count_lines(waiting->queue);
    char who[MEMBER_NAME + 32], how_many[64] = "";

    if (blocked->count == 1)
        snprintf(who, sizeof who, "%s does", blocked->one->seat.name);
    else
        snprintf(who, sizeof who, "%zu peers do", blocked->count);
    if (lines)
        snprintf(how_many, sizeof how_many, "%zu line%s and ", lines, lines == 1 ? "" : "s");
    screen_tell(waiting->screen, "%s not read; %s%zu bytes in all wait", who, how_many,
                blocked->bytes + buf_length(waiting->queue));
    waiting->told = true;
}

static void tell_end(struct waiting *waiting, size_t lines, const char *not_)
{
    if (lines == 1)
        screen_tell(waiting->screen, "the line that waited was %ssent", not_);
    else if (lines)
        screen_tell(waiting->screen, "the %zu lines that waited were %ssent", lines, not_);
}

static void end(struct waiting *waiting)
{
    buf_clear(&waiting->ends);
    waiting->shown = waiting->said = waiting->sent = 0;
    waiting->of = NULL;
    waiting->told = false;
    uv_timer_stop(&waiting->look);
}

/* Counts the lines that the only peer has taken; of several peers, when all have all. */
static void count_sent(struct waiting *waiting, bool is_blocked)
{
    uint64_t line_end;

    if (!is_blocked)
        waiting->sent = waiting->said;
    if (!is_the_only_one(waiting, waiting->of))
        return;
    while (buf_length(&waiting->ends)) {
        memcpy(&line_end, buf_bytes(&waiting->ends), sizeof line_end);
        if (waiting->of->outbox.sent < line_end)
            return;
        buf_consume(&waiting->ends, sizeof line_end);
        waiting->sent = waiting->said - buf_length(&waiting->ends) / sizeof line_end;
    }
}

static void on_look(uv_timer_t *timer)
{
    struct waiting *waiting = timer->data;
    bool is_blocked = find_blocked(waiting, 0).count > 0;
    struct blocked stalled = find_blocked(waiting, WAITING_TOLD_MS);

    count_sent(waiting, is_blocked);
    if (waiting->shown && waiting->sent == waiting->shown) {
        tell_end(waiting, waiting->shown, "");
        end(waiting);
    } else if (!is_blocked && !buf_length(waiting->queue))
        end(waiting);
    else if (stalled.count && !waiting->told &&
             uv_now(timer->loop) - waiting->since >= WAITING_TOLD_MS)
        tell_blocked(waiting, &stalled);
}

/* ---- lines ---- */

static void look(struct waiting *waiting)
{
    if (uv_is_active((uv_handle_t *)&waiting->look))
        return;
    waiting->since = uv_now(waiting->look.loop);
    uv_timer_start(&waiting->look, on_look, LOOK_MS, LOOK_MS);
}

void waiting_note_shown(struct waiting *waiting)
{
    waiting->shown++;
    look(waiting);
}

/* Without memory for an end the line counts as sent when all is. */
void waiting_note_said(struct waiting *waiting, bool was_shown)
{
    const struct roster *roster = &waiting->room->roster;
    const struct member *one = roster->count == 1 ? roster->first : NULL;
    uint64_t line_end = one ? one->outbox.sent + one->outbox.bytes : 0;

    look(waiting);
    if (!was_shown)
        return;
    if (waiting->said == waiting->sent)
        waiting->of = one;
    waiting->said++;
    if (waiting->of != one || !one || buf_append(&waiting->ends, &line_end, sizeof line_end) < 0)
        waiting->of = NULL;
}

void waiting_note_left(struct waiting *waiting, const struct member *member)
{
    size_t lines = count_lines(waiting->queue);

    if (!is_the_only_one(waiting, member))
        return;
    if (member->outbox.write == OUTBOX_CLOSED)
        lines += waiting->said - waiting->sent;
    tell_end(waiting, lines, "not ");
    end(waiting);
}
