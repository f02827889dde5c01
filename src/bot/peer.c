/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/peer.h"

#include <stdlib.h>

enum { SUBJECT = 2 * 1024 * 1024 /* as much as a window has */ };

struct peer *peer_new(const struct peer_plan *plan, struct member *member)
{
    struct peer *peer = calloc(1, sizeof *peer);

    if (!peer)
        return NULL;
    peer->plan = plan;
    peer->member = member;
    buf_init(&peer->subject, SUBJECT);
    buf_init(&peer->held, SIZE_MAX);
    window_init(&peer->window, plan->utf8, plan->text.bad);
    return peer;
}

void peer_free(struct peer *peer)
{
    buf_fini(&peer->subject);
    buf_fini(&peer->held);
    window_fini(&peer->window);
    free(peer);
}

int peer_hold(struct peer *peer, const struct inbound *inbound)
{
    buf_clear(&peer->held);
    peer->held_bytes = inbound->wire.n;
    if (inbound->wire.n && buf_append(&peer->held, inbound->wire.bytes, inbound->wire.n) < 0)
        return -1;
    return inbound->n ? buf_append(&peer->held, inbound->text, inbound->n) : 0;
}

struct inbound peer_held(const struct peer *peer)
{
    const unsigned char *bytes = buf_bytes(&peer->held);

    return (struct inbound){.text = (const char *)bytes + peer->held_bytes,
                            .n = buf_length(&peer->held) - peer->held_bytes,
                            .wire = {.bytes = bytes, .n = peer->held_bytes}};
}
