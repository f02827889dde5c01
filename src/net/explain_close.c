/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/explain_close.h"

#include <sys/socket.h>

#include "base/language.h"
#include "net/diag.h"
#include "net/explain.h"
#include "net/explain_bytes.h"

/* ---- before ---- */

static bool resets(const struct facts *facts)
{
    struct linger linger = {0};
    socklen_t size = sizeof linger;

    return facts->is_tcp && facts->is_connected && !facts->failed &&
           getsockopt(facts->fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0 && linger.l_onoff &&
           !linger.l_linger && !(facts->we_ended && facts->peer_ended);
}

void explain_close_begin(struct explain_close *closing, int fd)
{
    struct facts *facts = facts_of(fd);

    *closing = (struct explain_close){.fd = fd, .facts = {.fd = fd, .listener = -1}};
    if (!facts)
        return;
    explain_settled(facts);
    closing->facts = *facts;
    closing->resets = resets(facts);
    closing->unacknowledged = facts->is_connected ? facts_unacknowledged(facts) : 0;
    facts_forget(fd);
}

/* ---- a listening socket ---- */

static unsigned count_accepted(int listener, int *one)
{
    unsigned count = 0;

    for (struct facts *facts = NULL; (facts = facts_next(facts));)
        if (facts->listener == listener) {
            count++;
            *one = facts->fd;
        }
    return count;
}

static bool is_last_listener(void)
{
    for (struct facts *facts = NULL; (facts = facts_next(facts));)
        if (facts->listens)
            return false;
    return true;
}

static void explain_passive(const struct facts *facts, struct event event)
{
    int fd = -1;

    if (!facts->is_own) {
        explain_tell(event, N_("close({fd}): this program lets nobody else in"));
        return;
    }
    if (!is_last_listener()) {
        explain_tell(event, N_("close({fd}): nobody else gets in at {local}"));
        return;
    }
    event.sockets = count_accepted((int)event.fd, &fd);
    event.other_fd = event.sockets == 1 ? (uint64_t)fd : 0;
    explain_tell(event,
                 event.sockets == 0 ? N_("close({fd}): nobody else gets in")
                 : event.sockets == 1
                     ? N_("close({fd}): nobody else gets in, {other_fd} lives on")
                     : N_("close({fd}): nobody else gets in, {sockets} connections live on"));
}

/* ---- a connection ---- */

/* The peer's end may not have been read: a connection in TIME_WAIT has both. */
static const char *closed(const struct explain_close *closing, bool is_in_time_wait)
{
    const struct facts *facts = &closing->facts;

    if (!facts->is_connected)
        return N_("close({fd}): the descriptor is free, no connection was made");
    if (facts->failed)
        return N_("close({fd}): the connection was broken off");
    if (closing->resets)
        return N_("close({fd}): a reset; the peer sees that this was no regular end");
    if (is_in_time_wait || (facts->we_ended && facts->peer_ended))
        return N_("close({fd}): both sides have ended");
    if (facts->we_ended)
        return N_("close({fd}): our side has ended, the peer's has not");
    return N_("close({fd}): our end goes to the peer by it");
}

static void explain_lost(const struct explain_close *closing)
{
    struct explain_labels labels;
    struct event event = explain_note("unacknowledged", closing->fd, &closing->facts, &labels);

    event.counted = event.unacknowledged = closing->unacknowledged;
    explain_counted(
        event, NN_("{unacknowledged} byte on {fd} was not acknowledged: the peer may lack it",
                   "{unacknowledged} bytes on {fd} were not acknowledged: the peer may lack them"));
}

/* 0 seconds: it is not in TIME_WAIT here. */
static void explain_time_wait(const struct facts *facts, unsigned seconds)
{
    struct explain_labels labels;
    struct event event = explain_note("time_wait", facts->fd, facts, &labels);

    event.first = facts->we_ended_first ? "us" : "peer";
    event.expires = seconds;
    explain_tell(event, !facts->we_ended_first
                            ? N_("the peer closed first: TIME_WAIT is on its side, none on ours")
                        : seconds
                            ? N_("we closed first: {local} with {peer} stays in TIME_WAIT on this "
                                 "side for {expires} s")
                            : N_("we closed first: TIME_WAIT comes to this side once the peer has "
                                 "ended, too"));
}

void explain_close(const struct explain_close *closing)
{
    const struct facts *facts = &closing->facts;
    struct explain_labels labels;
    struct event event = explain_call("close", closing->fd, facts, &labels);
    bool is_over = facts->is_connected && facts->is_tcp && !closing->resets && !facts->failed;
    unsigned seconds = 0;

    if (facts->listens) {
        explain_passive(facts, event);
        return;
    }
    if (is_over && facts->we_ended_first && !diag_time_wait(&facts->local, &facts->peer, &seconds))
        seconds = 0;
    explain_tell(event, closed(closing, seconds > 0));
    if (closing->unacknowledged)
        explain_lost(closing);
    if (is_over && (facts->we_ended_first || facts->peer_ended))
        explain_time_wait(facts, seconds);
}
