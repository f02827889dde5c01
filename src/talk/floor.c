#include "talk/floor.h"

#include <string.h>

#include "talk/turn.h"

void floor_init(struct floor *floor, struct room *room)
{
    *floor = (struct floor){.room = room};
}

void floor_open(struct floor *floor, uv_loop_t *loop)
{
    uv_timer_init(loop, &floor->silence);
    floor->silence.data = floor;
}

void floor_close(struct floor *floor, uv_close_cb closed)
{
    uv_close((uv_handle_t *)&floor->silence, closed);
}

static void give_up(struct floor *floor)
{
    uv_timer_stop(&floor->silence);
    floor->holder = NULL;
    floor->line_length = 0;
    turn_resume_soon(floor->room);
}

static void on_silence(uv_timer_t *timer)
{
    give_up(timer->data);
}

static bool somebody_waits(const struct floor *floor)
{
    return !TAILQ_EMPTY(&floor->room->waiting);
}

static size_t up_to_last_line_end(const unsigned char *bytes, size_t n)
{
    const unsigned char *lf = memrchr(bytes, '\n', n);

    return lf ? (size_t)(lf - bytes) + 1 : n < FLOOR_LINE ? n : FLOOR_LINE;
}

size_t floor_grant(struct floor *floor, struct member *from, const unsigned char *bytes, size_t n)
{
    if (floor->holder && floor->holder != from)
        return 0;
    if (somebody_waits(floor) && !floor->holder && floor->owner == from)
        return 0; /* it had the floor before */
    if (!floor->holder)
        floor->since = uv_now(floor->silence.loop);
    floor->holder = from;
    return somebody_waits(floor) ? up_to_last_line_end(bytes, n) : n;
}

bool floor_begin(struct floor *floor, const struct member *from)
{
    bool ends_line = floor->line_is_open && floor->owner != from;

    floor->owner = from;
    return ends_line;
}

static bool is_held_too_long(const struct floor *floor)
{
    return somebody_waits(floor) && uv_now(floor->silence.loop) - floor->since >= FLOOR_MOST_MS;
}

void floor_keep(struct floor *floor, const char *text, size_t n)
{
    const char *lf = memrchr(text, '\n', n);

    floor->line_is_open = lf != text + n - 1;
    floor->line_length = lf ? (size_t)(text + n - lf - 1) : floor->line_length + n;
    if (!floor->line_is_open || floor->line_length >= FLOOR_LINE || is_held_too_long(floor))
        give_up(floor);
    else
        uv_timer_start(&floor->silence, on_silence, FLOOR_SILENCE_MS, 0);
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
