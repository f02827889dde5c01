/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/waiting.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "ui/own.h"

enum { LOOK_MS = 100 };

struct waiting_line {
    uint64_t number;         /* of the room */
    const struct member *to; /* NULL: for all */
};

void waiting_init(struct waiting *waiting, struct room *room, struct screen *screen,
                  const struct buf *queue)
{
    *waiting = (struct waiting){.room = room, .screen = screen, .queue = queue};
    buf_init(&waiting->said, UINT32_MAX);
    uv_timer_init(room->loop, &waiting->look);
    waiting->look.data = waiting;
}

void waiting_close(struct waiting *waiting)
{
    buf_fini(&waiting->said);
    uv_close((uv_handle_t *)&waiting->look, NULL);
}

/* ---- the peers ---- */

static bool is_stalled(const struct member *member, uint64_t now, uint64_t ms)
{
    return member->outbox.load != LOAD_CLEAR && now - member->took_at >= ms;
}

/* The peers that did not take the last write whole, and have taken nothing for a time. */
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

/* Whether a line that the room gets now would wait. */
static bool is_due(const struct waiting *waiting, const struct member *to)
{
    const struct member *member = to ? to : waiting->room->roster.first;
    uint64_t now = uv_now(waiting->look.loop);

    if (!member || to)
        return member && is_stalled(member, now, WAITING_STALLED_MS);
    while (member && is_stalled(member, now, WAITING_STALLED_MS))
        member = member->seat.next;
    return !member;
}

/* ---- notices ---- */

static size_t count_said(const struct waiting *waiting)
{
    return buf_length(&waiting->said) / sizeof(struct waiting_line);
}

static size_t count_queued(const struct waiting *waiting)
{
    const char *line = (const char *)buf_bytes(waiting->queue), *lf;
    const char *end = line + buf_length(waiting->queue);
    size_t count = 0;

    for (; line < end && (lf = memchr(line, '\n', (size_t)(end - line))); line = lf + 1)
        count++;
    return count;
}

/* The sentences of one peer, and of several; both count the lines. */
static void tell_blocked(struct waiting *waiting, const struct blocked *blocked)
{
    static const char *const sentences[2][3] = {
        {N_("{name} does not read; {bytes} bytes in all wait"),
         NN_("{name} does not read; {count} line and {bytes} bytes in all wait",
             "{name} does not read; {count} lines and {bytes} bytes in all wait")},
        {N_("{waiting} peers do not read; {bytes} bytes in all wait"),
         NN_("{waiting} peers do not read; {count} line and {bytes} bytes in all wait",
             "{waiting} peers do not read; {count} lines and {bytes} bytes in all wait")},
    };
    size_t lines = count_said(waiting) + count_queued(waiting);
    const char *const *sentence = sentences[blocked->count != 1];

    screen_tell_event(waiting->screen,
                      &(struct event){.sentence = sentence[lines > 0],
                                      .sentences = lines ? sentence[2] : NULL,
                                      .counted = lines,
                                      .name = blocked->count == 1 ? blocked->one->seat.name : NULL,
                                      .waiting = blocked->count,
                                      .count = lines,
                                      .bytes = blocked->bytes + buf_length(waiting->queue)});
    waiting->told = true;
}

/* Singular and plural of how lines that waited have ended. */
static const char *const sent[2] = {
    NN_("the line that waited was sent", "the {count} lines that waited were sent")};
static const char *const sent_to_others[2] = {
    NN_("the line that waited was sent to the others",
        "the {count} lines that waited were sent to the others")};
static const char *const unsent[2] = {
    NN_("the line that waited was not sent", "the {count} lines that waited were not sent")};
static const char *const unsent_to[2] = {
    NN_("the line that waited was not sent to {name}",
        "the {count} lines that waited were not sent to {name}")};

static void tell_end(struct waiting *waiting, size_t lines, const char *const sentences[2],
                     const char *name)
{
    if (lines)
        screen_tell_event(waiting->screen, &(struct event){.sentence = sentences[0],
                                                           .sentences = sentences[1],
                                                           .counted = lines,
                                                           .count = lines,
                                                           .name = name});
}

static void end(struct waiting *waiting)
{
    buf_clear(&waiting->said);
    waiting->shown = waiting->sent = 0;
    waiting->lacks = waiting->told = false;
    uv_timer_stop(&waiting->look);
}

/* ---- lines in the outboxes ---- */

static uint64_t first_in(const struct member *member)
{
    struct outbox_lines lines = outbox_own_lines(&member->outbox);

    return lines.first ? lines.first : UINT64_MAX;
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

/* The first line that any peer has not taken, also one that is leaving. */
static uint64_t first_untaken(const struct room *room)
{
    const struct member *member;
    uint64_t first = UINT64_MAX;

    for (member = room->roster.first; member; member = member->seat.next)
        first = smaller(first, first_in(member));
    TAILQ_FOREACH(member, &room->leaving, seat.leaving)
    first = smaller(first, first_in(member));
    return first;
}

/* Keeps the lines that still wait; those for a member that has gone (NULL: none has) are no more.
 */
static void sort_out(struct waiting *waiting, const struct member *gone)
{
    struct waiting_line *lines = (struct waiting_line *)(void *)buf_bytes(&waiting->said);
    uint64_t first = first_untaken(waiting->room);
    size_t count = count_said(waiting), kept_from = count;

    for (size_t i = count; i-- > 0;) {
        struct waiting_line line = lines[i];
        bool is_gone = gone && line.to == gone;

        if (!is_gone && line.number >= (line.to ? first_in(line.to) : first))
            lines[--kept_from] = line;
        else
            waiting->sent += !is_gone;
    }
    buf_consume(&waiting->said, kept_from * sizeof *lines);
}

static bool end_if_taken(struct waiting *waiting)
{
    if (waiting->shown || count_said(waiting) || !waiting->sent)
        return false;
    tell_end(waiting, waiting->sent, waiting->lacks ? sent_to_others : sent, NULL);
    end(waiting);
    return true;
}

static void on_look(uv_timer_t *timer)
{
    struct waiting *waiting = timer->data;
    bool is_blocked = find_blocked(waiting, 0).count > 0;
    struct blocked stalled = find_blocked(waiting, WAITING_TOLD_MS);

    sort_out(waiting, NULL);
    if (end_if_taken(waiting))
        return;
    if (!is_blocked && !buf_length(waiting->queue) && !count_said(waiting))
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

bool waiting_show(struct waiting *waiting, const struct member *to, struct screen_label label,
                  enum screen_mark mark, const char *text, size_t n)
{
    label.waits = is_due(waiting, to);
    own_show(waiting->screen, waiting->room, to, &label, text, n, mark);
    return label.waits;
}

bool waiting_show_literal(struct waiting *waiting, struct screen_label label,
                          struct message *message, size_t bytes)
{
    label.waits = is_due(waiting, NULL);
    own_show_literal(waiting->screen, waiting->room, &label, message, bytes);
    return label.waits;
}

void waiting_show_queued(struct waiting *waiting, struct screen_label label, const char *text,
                         size_t n)
{
    label.waits = true;
    own_show(waiting->screen, waiting->room, NULL, &label, text, n, MARK_NONE);
    waiting->shown++;
    look(waiting);
}

/* Without memory the line counts as sent. */
void waiting_note_said(struct waiting *waiting, const struct member *to, bool waits)
{
    struct waiting_line line = {waiting->room->own_lines, to};

    look(waiting);
    if (waits && buf_append(&waiting->said, &line, sizeof line) < 0)
        waiting->sent++;
}

void waiting_note_lost(struct waiting *waiting, const struct member *member, size_t lines)
{
    const struct roster *roster = &waiting->room->roster;
    bool has_names = !waiting->room->options.mode.one_peer;

    tell_end(waiting, waiting->missed + lines, has_names ? unsent_to : unsent, member->seat.name);
    waiting->lacks |= waiting->missed + lines > 0;
    waiting->missed = 0;
    sort_out(waiting, member);
    if (!roster->count)
        end(waiting);
}
