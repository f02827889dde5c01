/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "base/language.h"
#include "net/diag.h"

/* ---- events ---- */

static struct event make_event(enum event_kind kind, int fd, const struct facts *facts,
                               struct explain_labels *labels)
{
    struct event event = {.kind = kind, .level = EVENT_EXPLAINED, .fd = fd};

    if (facts && endpoint_is_named(&facts->local)) {
        endpoint_label(&facts->local, labels->local);
        event.local = labels->local;
    }
    if (facts && facts->peer.length) {
        endpoint_label(facts->is_tcp || facts->listener < 0 ? &facts->peer : &facts->local,
                       labels->peer);
        event.peer = labels->peer;
    }
    return event;
}

struct event explain_call(const char *call, int fd, const struct facts *facts,
                          struct explain_labels *labels)
{
    struct event event = make_event(EVENT_CALL, fd, facts, labels);

    event.call = call;
    return event;
}

struct event explain_note(const char *how, int fd, const struct facts *facts,
                          struct explain_labels *labels)
{
    struct event event = make_event(EVENT_NOTE, fd, facts, labels);

    event.how = how;
    return event;
}

void explain_tell(struct event event, const char *sentence)
{
    event.sentence = sentence;
    event_tell(&event);
}

void explain_counted(struct event event, const char *one, const char *many)
{
    event.sentences = many;
    explain_tell(event, one);
}

void explain_failure(struct event event, const char *sentence, int number)
{
    event.result = -1;
    event.why = err_reason(number);
    explain_tell(event, sentence);
}

void explain_put_time(struct event *event, char text[EXPLAIN_TIME], uint64_t nanoseconds)
{
    double ms = (double)nanoseconds / 1e6;

    event->microseconds = nanoseconds / 1000;
    snprintf(text, EXPLAIN_TIME, "%.*f ms",
             ms < 0.0095  ? 3
             : ms < 0.095 ? 2
             : ms < 99.5  ? 1
                          : 0,
             ms);
    event->lasted = text;
}

/* ---- socket ---- */

void explain_socket(int fd, int family, int number)
{
    struct explain_labels labels;
    struct event event = explain_call("socket", 0, NULL, &labels);
    struct facts *facts;

    if (fd < 0) {
        explain_failure(event, N_("socket(): {why}"), number);
        return;
    }
    facts_forget(fd);
    facts = facts_of(fd);
    if (facts)
        facts->is_own = true;
    event.result = fd;
    event.fd = fd;
    explain_tell(
        event, family == AF_INET ? N_("socket() → {result}: an IPv4 TCP endpoint, bound to nothing")
               : family == AF_INET6
                   ? N_("socket() → {result}: an IPv6 TCP endpoint, bound to nothing")
                   : N_("socket() → {result}: a unix stream endpoint, bound to nothing; no network "
                        "lies behind it"));
}

/* ---- listen and accept ---- */

void explain_listen(int fd, int backlog, int number)
{
    struct facts *facts = facts_of(fd);
    struct explain_labels labels;
    struct event event = explain_call("listen", fd, facts, &labels);
    struct figures figures = facts ? facts_figures(facts) : (struct figures){0};

    event.backlog = (uint64_t)backlog;
    event.queued = figures.pending;
    if (number) {
        explain_failure(event, N_("listen({fd}, {backlog}): {why}"), number);
        return;
    }
    if (facts)
        facts->listens = true;
    explain_tell(event, facts && facts->is_tcp
                            ? N_("listen({fd}, {backlog}): passive from here, {queued} wait in the "
                                 "queue")
                            : N_("listen({fd}, {backlog}): passive from here"));
}

static void explain_accepted(const struct facts *facts, struct event event)
{
    struct facts *listening = facts_of((int)event.fd);

    event.counted = event.queued = listening ? facts_figures(listening).pending : 0;
    if (!facts || !facts->is_tcp)
        explain_tell(event, N_("accept({fd}) → {result}: a new socket for a client, which has no "
                               "name; {fd} goes on listening"));
    else if (!event.queued)
        explain_tell(event, N_("accept({fd}) → {result}: a new socket for {peer}; {fd} goes on "
                               "listening"));
    else
        explain_counted(
            event, NN_("accept({fd}) → {result}: a new socket for {peer}; {fd} goes on listening, "
                       "{queued} more waits in its queue",
                       "accept({fd}) → {result}: a new socket for {peer}; {fd} goes on listening, "
                       "{queued} more wait in its queue"));
}

void explain_accept(int listener, int fd, int number)
{
    struct explain_labels labels;
    struct facts *facts;
    struct event event;

    if (number == EAGAIN || number == EINTR)
        return;
    if (number) {
        event = explain_call("accept", listener, facts_of(listener), &labels);
        explain_failure(event, N_("accept({fd}): {why}"), number);
        return;
    }
    facts_forget(fd);
    facts = facts_of(fd);
    if (facts) {
        facts->listener = listener;
        facts->lacks_bytes = false;
        facts->peer_ended = false; /* as far as this program has seen */
    }
    event = explain_call("accept", listener, facts, &labels);
    event.result = fd;
    explain_accepted(facts, event);
}

/* ---- connect ---- */

static const char *begun(const struct facts *facts, bool was_bound)
{
    if (facts && !facts->is_tcp && !was_bound)
        return N_("connect({fd}, {peer}): no bind was needed, and no port");
    return was_bound ? N_("connect({fd}, {peer}): from {local}, as bind had it")
                     : N_("connect({fd}, {peer}): no bind was needed, the system chose port "
                          "{port}");
}

void explain_connect(int fd, const struct endpoint *peer, int number)
{
    struct facts *facts = facts_of(fd);
    bool was_bound = facts && endpoint_is_named(&facts->local);
    struct explain_labels labels;
    struct event event;

    if (facts) {
        facts_read_addresses(facts);
        if (!facts->peer.length)
            facts->peer = *peer;
        facts->began = uv_hrtime();
    }
    event = explain_call("connect", fd, facts, &labels);
    endpoint_label(peer, labels.peer);
    event.peer = labels.peer;
    event.port = facts ? endpoint_port(&facts->local) : 0;
    if (number && number != EINPROGRESS)
        explain_failure(event, N_("connect({fd}, {peer}): {why}"), number);
    else
        explain_tell(event, begun(facts, was_bound));
}

void explain_connected(int fd, int number)
{
    struct facts *facts = event_explains ? facts_of(fd) : NULL;
    char time[EXPLAIN_TIME];
    struct explain_labels labels;
    struct event event;

    if (!facts)
        return;
    if (!number)
        facts_read_addresses(facts);
    event = explain_note(number ? "not_connected" : "connected", fd, facts, &labels);
    explain_put_time(&event, time, facts->began ? uv_hrtime() - facts->began : 0);
    if (number)
        explain_failure(event, N_("{fd} is not connected: {why}"), number);
    else if (facts->is_tcp)
        explain_tell(event, N_("{fd} is connected, {local} with {peer}; the peer answered after "
                               "{lasted}"));
}

/* ---- shutdown ---- */

void explain_shutdown_read(int fd, int number)
{
    struct explain_labels labels;
    struct event event = explain_call("shutdown", fd, facts_of(fd), &labels);

    event.option = "SHUT_RD";
    if (number)
        explain_failure(event, N_("shutdown({fd}, SHUT_RD): {why}"), number);
    else
        explain_tell(event, N_("shutdown({fd}, SHUT_RD): nobody else gets in for now"));
}

static const char *shut(const struct facts *facts, bool peer_was_first)
{
    if (facts && !facts->is_tcp)
        return peer_was_first ? N_("shutdown({fd}, SHUT_WR): our end, after the peer's")
                              : N_("shutdown({fd}, SHUT_WR): our end; we may still receive");
    return peer_was_first ? N_("shutdown({fd}, SHUT_WR): our FIN, after the peer's")
                          : N_("shutdown({fd}, SHUT_WR): our FIN; we may still receive");
}

void explain_shutdown_write(int fd, bool peer_was_first, int number)
{
    struct facts *facts = facts_of(fd);
    struct explain_labels labels;
    struct event event = explain_call("shutdown", fd, facts, &labels);

    event.option = "SHUT_WR";
    if (number) {
        explain_failure(event, N_("shutdown({fd}, SHUT_WR): {why}"), number);
    } else {
        explain_tell(event, shut(facts, peer_was_first));
    }
    if (!facts)
        return;
    facts->failed |= number;
    facts->we_ended |= !number;
    facts->we_ended_first = !number && !peer_was_first;
}
