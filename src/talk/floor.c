#include "talk/floor.h"

#include <string.h>

#include "talk/turn.h"

void floor_init(struct floor *floor, struct room *room)
{
    *floor = (struct floor){.room = room};
}

void floor_open(struct floor *floor, uv_loop_t *loop)
{
    uv_timer_init(loop, &floor->timer);
    floor->timer.data = floor;
}

void floor_close(struct floor *floor, uv_close_cb closed)
{
    uv_close((uv_handle_t *)&floor->timer, closed);
}

/* ---- taking it and giving it up ---- */

static void give_up(struct floor *floor)
{
    uv_timer_stop(&floor->timer);
    floor->holder = NULL;
    floor->line_length = 0;
    turn_resume_soon(floor->room);
}

static void begin_second(struct floor *floor)
{
    floor->second_at = uv_now(floor->timer.loop);
    floor->brought = 0;
}

static void on_timer(uv_timer_t *timer);

/* Started again for what is left, so that bytes cost no timer call. */
static void wait_on(struct floor *floor)
{
    uint64_t silence = floor->heard_at + FLOOR_SILENCE_MS;
    uint64_t second = floor->second_at + FLOOR_SECOND_MS;
    uint64_t due = silence < second ? silence : second, now = uv_now(floor->timer.loop);

    uv_timer_start(&floor->timer, on_timer, due > now ? due - now : 0, 0);
}

static bool is_too_slow(const struct floor *floor)
{
    return floor->brought < FLOOR_SECOND && turn_is_awaited(floor->room);
}

static void on_timer(uv_timer_t *timer)
{
    struct floor *floor = timer->data;
    uint64_t now = uv_now(timer->loop);
    bool second_is_over = now - floor->second_at >= FLOOR_SECOND_MS;

    if (now - floor->heard_at >= FLOOR_SILENCE_MS || (second_is_over && is_too_slow(floor))) {
        give_up(floor);
        return;
    }
    if (second_is_over)
        begin_second(floor);
    wait_on(floor);
}

static void take(struct floor *floor, struct member *from)
{
    if (floor->holder)
        return;
    floor->holder = from;
    floor->heard_at = uv_now(floor->timer.loop);
    begin_second(floor);
    wait_on(floor);
}

/* Another one waits and this one had the floor before; or that has a line, and this one, whose turn
 * it is not, has none. */
static bool lets_pass(const struct floor *floor, const struct member *from, bool is_line)
{
    const struct room *room = floor->room;

    return (floor->owner == from && turn_is_awaited(room)) ||
           (!is_line && room->asked != from && !TAILQ_EMPTY(&room->waiting));
}

static size_t up_to_last_line_end(const unsigned char *bytes, size_t n)
{
    const unsigned char *lf = memrchr(bytes, '\n', n);

    return lf ? (size_t)(lf - bytes) + 1 : n < FLOOR_LINE ? n : FLOOR_LINE;
}

size_t floor_grant(struct floor *floor, struct member *from, const unsigned char *bytes, size_t n,
                   bool is_line)
{
    if (floor->holder ? floor->holder != from : lets_pass(floor, from, is_line))
        return 0;
    take(floor, from);
    return turn_is_awaited(floor->room) ? up_to_last_line_end(bytes, n) : n;
}

/* ---- what is said ---- */

bool floor_begin(struct floor *floor, const struct member *from)
{
    bool ends_line = floor->line_is_open && floor->owner != from;

    floor->owner = from;
    return ends_line;
}

void floor_keep(struct floor *floor, const char *text, size_t n)
{
    const char *lf = memrchr(text, '\n', n);

    floor->heard_at = uv_now(floor->timer.loop);
    floor->brought += n;
    floor->line_is_open = lf != text + n - 1;
    floor->line_length = lf ? (size_t)(text + n - lf - 1) : floor->line_length + n;
    if (!floor->line_is_open || floor->line_length >= FLOOR_LINE)
        give_up(floor);
}

void floor_note(struct floor *floor, bool is_whole)
{
    floor->line_is_open = !is_whole;
}

/* Whoever comes next is another one. */
void floor_forget(struct floor *floor, const struct member *member)
{
    if (floor->holder == member)
        give_up(floor);
    if (floor->owner == member)
        floor->owner = NULL;
}
