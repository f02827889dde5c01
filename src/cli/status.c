/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/status.h"

#include <inttypes.h>

#include "base/event.h"

struct status {
    uint64_t now; /* loop time */
    size_t count;
};

static void say_peer(void *owner, const struct handler_peer *peer)
{
    struct status *status = owner;
    uint64_t seconds = (status->now - peer->since) / 1000;

    if (status->count++ < STATUS_PEERS)
        event_say(EVENT_ALWAYS,
                  "%s: %" PRIu64 " bytes received, %" PRIu64 " sent, %" PRIu64 " waiting, %" PRIu64
                  ":%02u:%02u",
                  peer->label, peer->received, peer->sent, peer->waiting, seconds / 3600,
                  (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
}

static void count_peer(void *owner, const struct handler_peer *peer)
{
    (void)peer;
    ++*(size_t *)owner;
}

size_t status_count(const struct handler *handler)
{
    size_t count = 0;

    handler_visit_all(handler, count_peer, &count);
    return count;
}

void status_say(const struct handler *handler, const uv_loop_t *loop)
{
    struct status status = {.now = uv_now(loop)};

    handler_visit_all(handler, say_peer, &status);
    if (status.count > STATUS_PEERS)
        event_say(EVENT_ALWAYS, "and %zu more", status.count - STATUS_PEERS);
}

void status_say_sockets(const struct listener *listener, enum event_level level)
{
    for (size_t i = 0; i < listener_count(listener); i++) {
        char label[ADDRESS_LABEL];

        endpoint_label(listener_endpoint(listener, i), label);
        event_say(level, "listening on %s", label);
    }
}
