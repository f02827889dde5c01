#include "net/race.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/hops.h"
#include "net/socket.h"

enum { PACE_MS = 250 }; /* between two addresses (RFC 8305, section 5) */

/* ---- the end ---- */

static void on_pace_closed(uv_handle_t *handle)
{
    struct race *race = handle->data;

    race->closed(race);
}

/* Lets go of the attempt's watch, not of its socket. */
static void detach(struct race_attempt *attempt)
{
    watch_fini(&attempt->watch);
    attempt->race->pending--;
    attempt->fd = -1;
}

static void abandon(struct race_attempt *attempt)
{
    int fd = attempt->fd;

    detach(attempt);
    close(fd);
}

void race_stop(struct race *race)
{
    uv_timer_stop(&race->pace);
    for (size_t i = 0; i < race->begun; i++)
        if (race->attempts[i].fd >= 0)
            abandon(&race->attempts[i]);
}

void race_close(struct race *race, void (*closed)(struct race *race))
{
    race_stop(race);
    race->closed = closed;
    uv_close((uv_handle_t *)&race->pace, on_pace_closed);
}

/* ---- failures ---- */

/* Errors that say more about this side than about the peer are told only for want of better. */
static bool says_little(int number)
{
    return number == ENETUNREACH || number == EAFNOSUPPORT || number == EADDRNOTAVAIL;
}

static void source_label(const struct race *race, char label[ADDRESS_LABEL])
{
    struct endpoint source = race->source;

    endpoint_set_port(&source, race->plan.source_port);
    if (!source.length)
        snprintf(label, ADDRESS_LABEL, "port %u", race->plan.source_port);
    else if (!race->plan.source_port)
        snprintf(label, ADDRESS_LABEL, "%s", race->plan.source);
    else
        endpoint_label(&source, label);
}

static void note_failure(struct race *race, const struct race_attempt *attempt, int number)
{
    enum err_kind kind = err_network_kind(number);
    char label[ADDRESS_LABEL];
    struct err err;

    if (race->count > 1) {
        endpoint_label(&attempt->peer, label);
        log_say(LOG_VERBOSE, "cannot connect to %s: %s", label, strerror(number));
    }
    race->busy = number == EAGAIN;
    source_label(race, label);
    if (attempt->unsourced)
        err_errno(&err, kind, number, "cannot connect from %s to %s", label, race->plan.label);
    else
        err_errno(&err, kind, number, "cannot connect to %s", race->plan.label);
    if (says_little(number))
        err_keep(&race->failed, &err);
    else
        race->failed = err;
}

/* ---- attempts ---- */

static void try_next(struct race *race);

static void win(struct race_attempt *attempt, int told)
{
    struct race *race = attempt->race;
    struct endpoint peer = attempt->peer;
    struct err err = {0};
    int fd = attempt->fd;

    detach(attempt);
    race_stop(race);
    race->events.won(race->owner, socket_new(race->loop, fd, &peer, told, &err), &err);
}

/* A refusal is ECONNREFUSED: these come from a peer that was there, and may have sent something,
 * before it reset the connection. */
static bool was_connected(int number)
{
    return number == ECONNRESET || number == EPIPE;
}

/* The system may connect a port of this machine that nobody listens on with itself, where it is the
 * source port too. */
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
    struct race_attempt *attempt = owner;
    struct race *race = attempt->race;
    int number = 0;
    socklen_t size = sizeof number;

    (void)bits;
    getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &number, &size);
    if (!number && is_own_reflection(attempt->fd))
        number = ECONNREFUSED;
    if (!number || was_connected(number)) {
        win(attempt, number);
        return;
    }
    note_failure(race, attempt, number);
    abandon(attempt);
    try_next(race);
}

static int bind_source(const struct race *race, int fd, int family)
{
    struct endpoint source = race->source;
    int on = 1;

    if (!source.length && !race->plan.source_port)
        return 0;
    if (!source.length) {
        source.address.any.sa_family = (sa_family_t)family;
        source.length = family == AF_INET6 ? sizeof source.address.v6 : sizeof source.address.v4;
    }
    if (source.address.any.sa_family != family) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    endpoint_set_port(&source, race->plan.source_port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, &source.address.any, source.length);
}

/* The error, or 0 where the connection is made or under way. */
static int begin(struct race_attempt *attempt)
{
    const struct endpoint *peer = &attempt->peer;
    int family = peer->address.any.sa_family;

    attempt->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (attempt->fd < 0)
        return errno;
    socket_reset_on_close(attempt->fd, true);
    if (attempt->race->plan.hops)
        hops_begin_with(attempt->fd, attempt->race->plan.hops);
    attempt->unsourced = bind_source(attempt->race, attempt->fd, family) < 0;
    if (attempt->unsourced)
        return errno;
    if (connect(attempt->fd, &peer->address.any, peer->length) < 0 && errno != EINPROGRESS)
        return errno;
    return watch_init(&attempt->watch, attempt->race->loop, attempt->fd, on_answer, attempt) < 0
               ? errno
               : 0;
}

static bool try_one(struct race_attempt *attempt)
{
    struct race *race = attempt->race;
    int number = begin(attempt);

    if (number) {
        note_failure(race, attempt, number);
        if (attempt->fd >= 0)
            close(attempt->fd);
        attempt->fd = -1;
        return false;
    }
    race->pending++;
    watch_set(&attempt->watch, STREAM_OUT);
    return true;
}

static void on_pace(uv_timer_t *timer)
{
    try_next(timer->data);
}

/* Starts the next address that can be started; the race is lost when none is left and none is under
 * way. */
static void try_next(struct race *race)
{
    struct err failed;

    while (race->begun < race->count)
        if (try_one(&race->attempts[race->begun++])) {
            if (race->begun < race->count)
                uv_timer_start(&race->pace, on_pace, PACE_MS, 0);
            return;
        }
    if (race->pending)
        return;
    failed = race->failed;
    race->events.lost(race->owner, &failed, race->busy);
}

/* ---- start ---- */

/* The system's order (RFC 6724), but families in turns (RFC 8305, section 4). */
static void line_up(struct race *race, const struct endpoints *endpoints)
{
    bool taken[ENDPOINTS_MAX] = {false};
    int family = endpoints->items[0].address.any.sa_family;

    for (race->count = 0; race->count < endpoints->count; race->count++) {
        struct race_attempt *attempt = &race->attempts[race->count];
        size_t chosen = ENDPOINTS_MAX;

        for (size_t i = endpoints->count; i-- > 0;)
            if (!taken[i] &&
                (chosen == ENDPOINTS_MAX || endpoints->items[i].address.any.sa_family == family ||
                 endpoints->items[chosen].address.any.sa_family != family))
                chosen = i;
        taken[chosen] = true;
        *attempt = (struct race_attempt){.race = race, .peer = endpoints->items[chosen], .fd = -1};
        family = attempt->peer.address.any.sa_family == AF_INET6 ? AF_INET : AF_INET6;
    }
}

void race_start(struct race *race, const struct endpoints *endpoints)
{
    race->begun = 0;
    race->failed = (struct err){0};
    race->busy = false;
    line_up(race, endpoints);
    try_next(race);
}

int race_read_source(struct endpoint *source, const char *text, struct err *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (getaddrinfo(text, NULL, &hints, &found) != 0)
        return err_set(err, ERR_USAGE, "-s takes a numeric address of this machine, not '%s'",
                       text);
    memcpy(&source->address, found->ai_addr, found->ai_addrlen);
    source->length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

int race_init(struct race *race, uv_loop_t *loop, const struct race_plan *plan,
              const struct race_events *events, void *owner, struct err *err)
{
    *race = (struct race){.loop = loop, .plan = *plan, .events = *events, .owner = owner};
    if (plan->source && race_read_source(&race->source, plan->source, err) < 0)
        return -1;
    uv_timer_init(loop, &race->pace);
    race->pace.data = race;
    return 0;
}
