/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/happy_eyeballs.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "net/call.h"
#include "net/connection.h"
#include "net/explain.h"
#include "net/hops.h"
#include "net/sockopt.h"

enum { PACE_MS = 250 }; /* between two addresses (RFC 8305, section 5) */

/* ---- the end ---- */

static void on_pace_closed(uv_handle_t *handle)
{
    struct happy_eyeballs *happy_eyeballs = handle->data;

    happy_eyeballs->closed(happy_eyeballs);
}

static void set_state(struct attempt *attempt, enum attempt_state state)
{
    static const char *const names[] = {
        [ATTEMPT_NEW] = "NEW",       [ATTEMPT_PENDING] = "PENDING",     [ATTEMPT_WON] = "WON",
        [ATTEMPT_FAILED] = "FAILED", [ATTEMPT_ABANDONED] = "ABANDONED",
    };
    char label[ADDRESS_LABEL];

    if (event_is_shown(EVENT_TRACE)) {
        endpoint_label(&attempt->peer, label);
        event_state(label, "attempt", names[attempt->state], names[state]);
    }
    attempt->state = state;
}

/* Gives up the watch of a pending attempt, not the socket. */
static void settle(struct attempt *attempt, enum attempt_state state)
{
    watch_fini(&attempt->watch);
    attempt->happy_eyeballs->pending--;
    set_state(attempt, state);
}

/* With -v every address that was tried is told, unless the plan's label names it already. */
static void say_failed(const struct attempt *attempt, const char *why)
{
    char label[ADDRESS_LABEL];

    endpoint_label(&attempt->peer, label);
    if (strcmp(label, attempt->happy_eyeballs->plan.address) != 0)
        event_tell(&(struct event){.kind = EVENT_ATTEMPT,
                                   .level = EVENT_VERBOSE,
                                   .sentence = N_("cannot connect to {peer}: {why}"),
                                   .peer = label,
                                   .why = why});
}

void happy_eyeballs_stop(struct happy_eyeballs *happy_eyeballs)
{
    uv_timer_stop(&happy_eyeballs->pace);
    for (size_t i = 0; i < happy_eyeballs->begun; i++)
        if (happy_eyeballs->attempts[i].state == ATTEMPT_PENDING) {
            say_failed(&happy_eyeballs->attempts[i], language_text(N_("no answer so far")));
            settle(&happy_eyeballs->attempts[i], ATTEMPT_ABANDONED);
            call_close(happy_eyeballs->attempts[i].fd);
        }
}

void happy_eyeballs_close(struct happy_eyeballs *happy_eyeballs,
                          void (*closed)(struct happy_eyeballs *happy_eyeballs))
{
    happy_eyeballs_stop(happy_eyeballs);
    happy_eyeballs->closed = closed;
    uv_close((uv_handle_t *)&happy_eyeballs->pace, on_pace_closed);
}

/* ---- failures ---- */

/* Errors that say more about this side than about the peer. They are told if there is no other. */
static bool says_little(int number)
{
    return number == ENETUNREACH || number == EAFNOSUPPORT || number == EADDRNOTAVAIL;
}

static void source_label(const struct happy_eyeballs *happy_eyeballs, char label[ADDRESS_LABEL])
{
    const struct source *source = &happy_eyeballs->plan.source;
    struct endpoint endpoint = source->endpoint;

    endpoint_set_port(&endpoint, source->port);
    if (!endpoint.length)
        snprintf(label, ADDRESS_LABEL, language_text(N_("port %u")), source->port);
    else if (!source->port)
        snprintf(label, ADDRESS_LABEL, "%s", source->text);
    else
        endpoint_label(&endpoint, label);
}

static void note_failure(struct happy_eyeballs *happy_eyeballs, const struct attempt *attempt,
                         int number)
{
    enum err_kind kind = err_network_kind(number);
    char label[ADDRESS_LABEL], reason[ENDPOINT_REASON];
    struct err err;

    endpoint_reason(attempt->unsourced ? &happy_eyeballs->plan.source.endpoint : &attempt->peer,
                    number, reason);
    say_failed(attempt, reason);
    happy_eyeballs->busy = number == EAGAIN;
    source_label(happy_eyeballs, label);
    if (attempt->unsourced)
        err_set(&err, kind,
                number == EACCES
                    ? N_("cannot connect from %s (ports below 1024 are for root) to %s: %s")
                    : N_("cannot connect from %s to %s: %s"),
                label, happy_eyeballs->plan.label, reason);
    else
        err_set(&err, kind, "cannot connect to %s: %s", happy_eyeballs->plan.label, reason);
    if (says_little(number))
        err_keep(&happy_eyeballs->failed, &err);
    else
        happy_eyeballs->failed = err;
}

/* ---- attempts ---- */

static void try_next(struct happy_eyeballs *happy_eyeballs);

static void win(struct attempt *attempt, int told)
{
    struct happy_eyeballs *happy_eyeballs = attempt->happy_eyeballs;
    struct err err = {0};
    struct stream *stream;

    settle(attempt, ATTEMPT_WON);
    happy_eyeballs_stop(happy_eyeballs);
    stream = connection_new(happy_eyeballs->loop, attempt->fd, &attempt->peer, told, &err);
    happy_eyeballs->events.won(happy_eyeballs->owner, stream, &err);
}

/* A refusal is ECONNREFUSED. These errors come from a peer that accepted, may have sent data, and
 * then reset the connection. */
static bool was_connected(int number)
{
    return number == ECONNRESET || number == EPIPE;
}

/* A TCP simultaneous open (RFC 9293, section 3.5): the system may connect a port of this machine
 * with itself, where no socket listens and the source port is the same. */
static bool is_own_reflection(int fd)
{
    struct endpoint here = {.length = sizeof here.address},
                    there = {.length = sizeof there.address};

    return getsockname(fd, &here.address.any, &here.length) == 0 &&
           getpeername(fd, &there.address.any, &there.length) == 0 &&
           here.address.any.sa_family != AF_UNIX && here.length == there.length &&
           !memcmp(&here.address, &there.address, here.length);
}

static void on_answer(void *owner, unsigned bits)
{
    struct attempt *attempt = owner;
    struct happy_eyeballs *happy_eyeballs = attempt->happy_eyeballs;
    int number = 0;
    socklen_t size = sizeof number;

    (void)bits;
    getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &number, &size);
    if (!number && is_own_reflection(attempt->fd))
        number = ECONNREFUSED;
    explain_connected(attempt->fd, was_connected(number) ? 0 : number);
    if (!number || was_connected(number)) {
        win(attempt, number);
        return;
    }
    note_failure(happy_eyeballs, attempt, number);
    settle(attempt, ATTEMPT_FAILED);
    call_close(attempt->fd);
    try_next(happy_eyeballs);
}

static int bind_source(const struct happy_eyeballs *happy_eyeballs, int fd, int family)
{
    struct endpoint source = happy_eyeballs->plan.source.endpoint;

    if (!source.length && !happy_eyeballs->plan.source.port)
        return 0;
    if (!source.length) {
        source.address.any.sa_family = (sa_family_t)family;
        source.length = family == AF_INET6 ? sizeof source.address.v6 : sizeof source.address.v4;
    }
    if (source.address.any.sa_family != family) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    endpoint_set_port(&source, happy_eyeballs->plan.source.port);
    call_reuse_address(fd, &source);
    return call_bind(fd, &source);
}

static int begin_granted(struct attempt *attempt)
{
    const struct happy_eyeballs_plan *plan = &attempt->happy_eyeballs->plan;
    int number;

    attempt->fd = connect_grant_ask(plan->connects, plan->hops, &number);
    if (attempt->fd < 0)
        return errno;
    call_take_connection(attempt->fd, &attempt->peer, number);
    sockopt_set_up(attempt->fd, &attempt->peer);
    return number;
}

static int begin_itself(struct attempt *attempt)
{
    const struct endpoint *peer = &attempt->peer;
    int family = peer->address.any.sa_family;

    attempt->fd = call_socket(family, false);
    if (attempt->fd < 0)
        return errno;
    sockopt_set_up(attempt->fd, peer);
    if (attempt->happy_eyeballs->plan.hops)
        hops_begin_with(attempt->fd, attempt->happy_eyeballs->plan.hops);
    attempt->unsourced = bind_source(attempt->happy_eyeballs, attempt->fd, family) < 0;
    if (attempt->unsourced)
        return errno;
    return call_connect(attempt->fd, peer) < 0 && errno != EINPROGRESS ? errno : 0;
}

/* The error (errno), or 0: the connection is made or under way. */
static int begin(struct attempt *attempt)
{
    bool is_granted = attempt->happy_eyeballs->plan.connects &&
                      attempt->happy_eyeballs->plan.connects->grant.helper;
    int number = is_granted ? begin_granted(attempt) : begin_itself(attempt);

    if (number)
        return number;
    return watch_init(&attempt->watch, attempt->happy_eyeballs->loop, attempt->fd, STREAM_OUT,
                      on_answer, attempt) < 0
               ? errno
               : 0;
}

static bool try_one(struct attempt *attempt)
{
    struct happy_eyeballs *happy_eyeballs = attempt->happy_eyeballs;
    int number = begin(attempt);

    if (number) {
        note_failure(happy_eyeballs, attempt, number);
        if (attempt->fd >= 0)
            call_close(attempt->fd);
        set_state(attempt, ATTEMPT_FAILED);
        return false;
    }
    set_state(attempt, ATTEMPT_PENDING);
    happy_eyeballs->pending++;
    return true;
}

static void on_pace(uv_timer_t *timer)
{
    try_next(timer->data);
}

/* Starts the next attempt that can be started; lost() where no address is left and no attempt is
 * pending. */
static void try_next(struct happy_eyeballs *happy_eyeballs)
{
    struct err failed;

    while (happy_eyeballs->begun < happy_eyeballs->count)
        if (try_one(&happy_eyeballs->attempts[happy_eyeballs->begun++])) {
            if (happy_eyeballs->begun < happy_eyeballs->count)
                uv_timer_start(&happy_eyeballs->pace, on_pace, PACE_MS, 0);
            return;
        }
    if (happy_eyeballs->pending)
        return;
    failed = happy_eyeballs->failed;
    happy_eyeballs->events.lost(happy_eyeballs->owner, &failed, happy_eyeballs->busy);
}

/* ---- start ---- */

/* The first endpoint of the family that is not taken yet, or else of the other family. */
static size_t next_of(const struct endpoints *endpoints, const bool *taken, int family)
{
    size_t first = 0;

    while (taken[first])
        first++;
    for (size_t i = first; i < endpoints->count; i++)
        if (!taken[i] && endpoints->items[i].address.any.sa_family == family)
            return i;
    return first;
}

/* The order of getaddrinfo (RFC 6724), but families in turns (RFC 8305, section 4). */
static void line_up(struct happy_eyeballs *happy_eyeballs, const struct endpoints *endpoints)
{
    bool taken[ENDPOINTS_MAX] = {false};
    int family = endpoints->items[0].address.any.sa_family;

    for (happy_eyeballs->count = 0; happy_eyeballs->count < endpoints->count;
         happy_eyeballs->count++) {
        struct attempt *attempt = &happy_eyeballs->attempts[happy_eyeballs->count];
        size_t chosen = next_of(endpoints, taken, family);

        taken[chosen] = true;
        *attempt =
            (struct attempt){.happy_eyeballs = happy_eyeballs, .peer = endpoints->items[chosen]};
        family = attempt->peer.address.any.sa_family == AF_INET6 ? AF_INET : AF_INET6;
    }
}

void happy_eyeballs_start(struct happy_eyeballs *happy_eyeballs, const struct endpoints *endpoints)
{
    happy_eyeballs->begun = 0;
    happy_eyeballs->failed = (struct err){0};
    happy_eyeballs->busy = false;
    line_up(happy_eyeballs, endpoints);
    try_next(happy_eyeballs);
}

int source_read(struct source *source, struct err *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (!source->text)
        return 0;
    if (resolve_check_zone(source->text, err) < 0)
        return err_prefix(err, "-s");
    if (getaddrinfo(source->text, NULL, &hints, &found) != 0)
        return err_set(err, ERR_USAGE, "-s takes a numeric address of this machine, not '%s'",
                       source->text);
    memcpy(&source->endpoint.address, found->ai_addr, found->ai_addrlen);
    source->endpoint.length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

void happy_eyeballs_init(struct happy_eyeballs *happy_eyeballs, uv_loop_t *loop,
                         const struct happy_eyeballs_plan *plan,
                         const struct happy_eyeballs_events *events, void *owner)
{
    *happy_eyeballs =
        (struct happy_eyeballs){.loop = loop, .plan = *plan, .events = *events, .owner = owner};
    uv_timer_init(loop, &happy_eyeballs->pace);
    happy_eyeballs->pace.data = happy_eyeballs;
}
