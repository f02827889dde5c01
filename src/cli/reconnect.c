/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/reconnect.h"

#include <stdlib.h>
#include <sys/random.h>

static void on_due(uv_timer_t *timer)
{
    struct reconnect *reconnect = timer->data;

    reconnect->due(reconnect->owner);
}

void reconnect_open(struct reconnect *reconnect, uv_loop_t *loop, const struct attempts *attempts,
                    void (*due)(void *owner), void *owner)
{
    *reconnect = (struct reconnect){
        .attempts = attempts, .is_open = true, .since = uv_now(loop), .due = due, .owner = owner};
    uv_timer_init(loop, &reconnect->timer);
    reconnect->timer.data = reconnect;
}

void reconnect_close(struct reconnect *reconnect)
{
    if (reconnect->is_open)
        uv_close((uv_handle_t *)&reconnect->timer, NULL);
    reconnect->is_open = false;
}

void reconnect_note_connected(struct reconnect *reconnect)
{
    if (reconnect->is_open)
        reconnect->since = uv_now(reconnect->timer.loop);
}

/* Without randomness the whole pause is as good. */
static uint64_t pause_before(unsigned tried)
{
    uint64_t pause = RECONNECT_MIN_MS;
    unsigned roll = 0;

    while (tried-- && pause < RECONNECT_MAX_MS)
        pause *= 2;
    if (pause > RECONNECT_MAX_MS)
        pause = RECONNECT_MAX_MS;
    if (getrandom(&roll, sizeof roll, GRND_NONBLOCK) != (ssize_t)sizeof roll)
        roll = 0;
    return pause - roll % (pause / 2);
}

bool reconnect_again(struct reconnect *reconnect, struct event *event)
{
    uint64_t pause;

    if (!reconnect->is_open)
        return false;
    if (reconnect->since && uv_now(reconnect->timer.loop) - reconnect->since >= RECONNECT_STEADY_MS)
        reconnect->tried = 0;
    reconnect->since = 0;
    if (reconnect->attempts->most && reconnect->tried == reconnect->attempts->most)
        return false;
    pause = pause_before(reconnect->tried++);
    uv_timer_start(&reconnect->timer, on_due, pause, 0);
    event->kind = EVENT_RECONNECT;
    event->count = reconnect->tried;
    event->milliseconds = pause;
    return true;
}
