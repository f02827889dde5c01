#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/resolve.h"
#include "net/socket.h"

#define FOREVER UINT64_MAX

enum {
    PACE_MS = 250, /* between two addresses (RFC 8305, section 5) */
    FIRST_ROUND_MS = 2000,
    RETRY_MIN_MS = 50,   /* between two rounds, at first */
    RETRY_MAX_MS = 1000, /* and at last */
};

struct attempt {
    struct dial *dial;
    struct endpoint peer;
    uv_poll_t poll;
    int fd;         /* -1: over */
    bool unsourced; /* it failed on our own side: the source could not be bound */
};

/* A dial runs in rounds, one without --retry: look up, then race. Between two rounds lies a timer,
 * so the loop has given back the handles of the first before the second uses them anew. */
struct dial {
    uv_loop_t *loop;
    const struct address *address;
    struct dial_options options;
    struct endpoint source; /* length 0: any */
    char label[ADDRESS_LABEL];
    uv_timer_t deadline, pace;
    struct resolve resolve;
    struct attempt attempts[ENDPOINTS_MAX];
    size_t count;   /* addresses of this round */
    size_t begun;   /* of them, those tried */
    size_t pending; /* of those, the ones without an answer */
    struct err failed;
    struct err verdict;   /* of the last round that came to one */
    bool cut_by_retry;    /* this round ends with --retry, not with -w */
    bool busy;            /* a unix listener's queue was full: it is there, so wait for it */
    uint64_t round_until; /* loop time; busy ones share theirs */
    uint64_t retry_until;
    uint64_t pause; /* ms before the next round */
    int handles;    /* that the loop holds */
    dial_done *done;
    void *owner;
};

/* ---- the end ---- */

static void release(struct dial *dial)
{
    if (--dial->handles == 0)
        free(dial);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
    release(((struct attempt *)handle->data)->dial);
}

static void on_resolve_closed(uv_handle_t *handle)
{
    struct resolve *resolve = handle->data;

    release((struct dial *)((char *)resolve - offsetof(struct dial, resolve)));
}

/* Lets go of the attempt's handle, not of its socket. */
static void detach(struct attempt *attempt)
{
    uv_close((uv_handle_t *)&attempt->poll, on_poll_closed);
    attempt->dial->pending--;
    attempt->fd = -1;
}

static void end_round(struct dial *dial)
{
    uv_timer_stop(&dial->pace);
    uv_timer_stop(&dial->deadline);
    if (resolve_stop(&dial->resolve, on_resolve_closed))
        dial->handles++;
    for (size_t i = 0; i < dial->begun; i++)
        if (dial->attempts[i].fd >= 0) {
            close(dial->attempts[i].fd);
            detach(&dial->attempts[i]);
        }
}

static void end(struct dial *dial, struct stream *stream, const struct err *err)
{
    end_round(dial);
    uv_close((uv_handle_t *)&dial->pace, on_timer_closed);
    uv_close((uv_handle_t *)&dial->deadline, on_timer_closed);
    dial->done(dial->owner, stream, err);
}

/* ---- the end of a round ---- */

static void on_next_round(uv_timer_t *timer);

static bool may_retry(const struct dial *dial, const struct err *err)
{
    return dial->options.retries && (err->kind == ERR_NETWORK || err->kind == ERR_TIMEOUT) &&
           uv_now(dial->loop) < dial->retry_until;
}

static void pause_until(struct dial *dial, uint64_t ms, uint64_t until)
{
    uint64_t now = uv_now(dial->loop);
    uint64_t left = until > now ? until - now : 0;

    end_round(dial);
    uv_timer_start(&dial->pace, on_next_round, ms < left ? ms : left, 0);
}

static void fail_round(struct dial *dial, const struct err *err)
{
    dial->verdict = *err;
    if (may_retry(dial, err)) {
        pause_until(dial, dial->pause, dial->retry_until);
        dial->pause = dial->pause * 2 < RETRY_MAX_MS ? dial->pause * 2 : RETRY_MAX_MS;
    } else {
        end(dial, NULL, err);
    }
}

/* A round that --retry cuts short comes to no verdict of its own. */
static void time_out(struct dial *dial)
{
    struct err err = dial->verdict;

    dial->busy = false;
    if (dial->cut_by_retry && err.kind != ERR_NONE) {
        end(dial, NULL, &err);
        return;
    }
    err_set(&err, ERR_TIMEOUT, "cannot connect to %s: no answer in time", dial->label);
    fail_round(dial, &err);
}

static void on_deadline(uv_timer_t *timer)
{
    time_out(timer->data);
}

/* No address is left. */
static void end_race(struct dial *dial)
{
    struct err failed = dial->failed;

    if (!dial->busy)
        fail_round(dial, &failed);
    else if (uv_now(dial->loop) < dial->round_until)
        pause_until(dial, RETRY_MIN_MS, dial->round_until);
    else
        time_out(dial);
}

/* ---- the race ---- */

/* Errors that say more about this side than about the peer are told only for want of better. */
static bool says_little(int number)
{
    return number == ENETUNREACH || number == EAFNOSUPPORT || number == EADDRNOTAVAIL;
}

static void source_label(const struct dial *dial, char label[ADDRESS_LABEL])
{
    struct endpoint source = dial->source;

    endpoint_set_port(&source, dial->options.source_port);
    if (!source.length)
        snprintf(label, ADDRESS_LABEL, "port %u", dial->options.source_port);
    else if (!dial->options.source_port)
        snprintf(label, ADDRESS_LABEL, "%s", dial->options.source);
    else
        endpoint_label(&source, label);
}

static bool is_shortage(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS;
}

static void note_failure(struct dial *dial, const struct attempt *attempt, int number)
{
    char label[ADDRESS_LABEL];
    enum err_kind kind;
    struct err err;

    if (dial->count > 1) {
        endpoint_label(&attempt->peer, label);
        log_say(LOG_VERBOSE, "cannot connect to %s: %s", label, strerror(number));
    }
    dial->busy = number == EAGAIN;
    source_label(dial, label);
    kind = is_shortage(number) ? ERR_LOCAL : ERR_NETWORK;
    if (attempt->unsourced)
        err_errno(&err, kind, number, "cannot connect from %s to %s", label, dial->label);
    else
        err_errno(&err, kind, number, "cannot connect to %s", dial->label);
    if (says_little(number))
        err_keep(&dial->failed, &err);
    else
        dial->failed = err;
}

static void win(struct attempt *attempt, int told)
{
    struct dial *dial = attempt->dial;
    struct endpoint peer = attempt->peer;
    struct err err = {0};
    struct stream *stream;
    int fd = attempt->fd;

    detach(attempt);
    stream = socket_new(dial->loop, fd, &peer, told, &err);
    end(dial, stream, &err);
}

static void try_next(struct dial *dial);

/* A refusal is ECONNREFUSED: these come from a peer that was there, and may have sent something,
 * before it reset the connection. */
static bool was_connected(int number)
{
    return number == ECONNRESET || number == EPIPE;
}

static void on_answer(uv_poll_t *poll, int status, int events)
{
    struct attempt *attempt = poll->data;
    struct dial *dial = attempt->dial;
    int number = 0;
    socklen_t size = sizeof number;

    (void)status;
    (void)events;
    getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &number, &size);
    if (!number || was_connected(number)) {
        win(attempt, number);
        return;
    }
    note_failure(dial, attempt, number);
    close(attempt->fd);
    detach(attempt);
    try_next(dial);
}

static int bind_source(const struct dial *dial, int fd, int family)
{
    struct endpoint source = dial->source;
    int on = 1;

    if (!source.length && !dial->options.source_port)
        return 0;
    if (!source.length) {
        source.address.any.sa_family = (sa_family_t)family;
        source.length = family == AF_INET6 ? sizeof source.address.v6 : sizeof source.address.v4;
    }
    if (source.address.any.sa_family != family) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    endpoint_set_port(&source, dial->options.source_port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, &source.address.any, source.length);
}

/* The error, or 0 where the connection is made or under way. */
static int begin(struct attempt *attempt)
{
    const struct endpoint *peer = &attempt->peer;
    int family = peer->address.any.sa_family;

    attempt->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (attempt->fd < 0)
        return errno;
    attempt->unsourced = bind_source(attempt->dial, attempt->fd, family) < 0;
    if (attempt->unsourced)
        return errno;
    if (connect(attempt->fd, &peer->address.any, peer->length) < 0 && errno != EINPROGRESS)
        return errno;
    return -uv_poll_init(attempt->dial->loop, &attempt->poll, attempt->fd);
}

static bool try_one(struct attempt *attempt)
{
    int number = begin(attempt);

    if (number) {
        note_failure(attempt->dial, attempt, number);
        if (attempt->fd >= 0)
            close(attempt->fd);
        attempt->fd = -1;
        return false;
    }
    attempt->dial->handles++;
    attempt->dial->pending++;
    attempt->poll.data = attempt;
    uv_poll_start(&attempt->poll, UV_WRITABLE, on_answer);
    return true;
}

static void on_pace(uv_timer_t *timer)
{
    try_next(timer->data);
}

/* Starts the next address that can be started; the round has failed when none is left and none is
 * under way. */
static void try_next(struct dial *dial)
{
    while (dial->begun < dial->count)
        if (try_one(&dial->attempts[dial->begun++])) {
            if (dial->begun < dial->count)
                uv_timer_start(&dial->pace, on_pace, PACE_MS, 0);
            return;
        }
    if (!dial->pending)
        end_race(dial);
}

/* The system's order (RFC 6724), but families in turns (RFC 8305, section 4). */
static void line_up(struct dial *dial, const struct endpoints *endpoints)
{
    bool taken[ENDPOINTS_MAX] = {false};
    int family = endpoints->items[0].address.any.sa_family;

    for (dial->count = 0; dial->count < endpoints->count; dial->count++) {
        struct attempt *attempt = &dial->attempts[dial->count];
        size_t chosen = ENDPOINTS_MAX;

        for (size_t i = endpoints->count; i-- > 0;)
            if (!taken[i] &&
                (chosen == ENDPOINTS_MAX || endpoints->items[i].address.any.sa_family == family ||
                 endpoints->items[chosen].address.any.sa_family != family))
                chosen = i;
        taken[chosen] = true;
        *attempt = (struct attempt){.dial = dial, .peer = endpoints->items[chosen], .fd = -1};
        family = attempt->peer.address.any.sa_family == AF_INET6 ? AF_INET : AF_INET6;
    }
}

static void on_resolved(void *owner, const struct endpoints *endpoints, const struct err *err)
{
    struct dial *dial = owner;

    if (err->kind != ERR_NONE) {
        fail_round(dial, err);
        return;
    }
    line_up(dial, endpoints);
    try_next(dial);
}

/* ---- rounds ---- */

/* When the round that starts now has to be over: -w from now on, but not beyond --retry. */
static uint64_t round_end(struct dial *dial)
{
    uint64_t now = uv_now(dial->loop);
    uint64_t end = dial->options.timeout_ms ? now + dial->options.timeout_ms : FOREVER;

    uint64_t retry_until = dial->retry_until;

    /* Even a short --retry leaves the first round time for an answer. */
    if (dial->verdict.kind == ERR_NONE && retry_until < now + FIRST_ROUND_MS)
        retry_until = now + FIRST_ROUND_MS;
    dial->cut_by_retry = dial->options.retries && retry_until < end;
    if (dial->cut_by_retry)
        end = retry_until;
    return end > now ? end : now + 1;
}

static void start_deadline(struct dial *dial)
{
    uint64_t now = uv_now(dial->loop);

    if (!dial->busy)
        dial->round_until = round_end(dial);
    dial->busy = false;
    if (dial->round_until != FOREVER)
        uv_timer_start(&dial->deadline, on_deadline,
                       dial->round_until > now ? dial->round_until - now : 0, 0);
}

static void resolve_path(struct dial *dial)
{
    struct endpoints one = {.count = 1};
    struct err none = {0};

    endpoint_of_path(&one.items[0], dial->address);
    on_resolved(dial, &one, &none);
}

static void on_next_round(uv_timer_t *timer)
{
    struct dial *dial = timer->data;
    struct resolve_query query = {
        .address = dial->address, .family = dial->options.family, .numeric = dial->options.numeric};

    dial->count = dial->begun = 0;
    dial->failed = (struct err){0};
    start_deadline(dial);
    if (dial->address->is_unix)
        resolve_path(dial);
    else
        resolve_start(&dial->resolve, dial->loop, &query, on_resolved, dial);
}

static int read_source(struct dial *dial, struct err *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (!dial->options.source)
        return 0;
    if (getaddrinfo(dial->options.source, NULL, &hints, &found) != 0)
        return err_set(err, ERR_USAGE, "-s takes a numeric address of this machine, not '%s'",
                       dial->options.source);
    memcpy(&dial->source.address, found->ai_addr, found->ai_addrlen);
    dial->source.length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

int dial_start(uv_loop_t *loop, const struct address *address, const struct dial_options *options,
               dial_done *done, void *owner, struct err *err)
{
    struct dial *dial = calloc(1, sizeof *dial);

    if (!dial)
        return err_memory(err);
    dial->loop = loop;
    dial->address = address;
    dial->options = *options;
    dial->done = done;
    dial->owner = owner;
    dial->pause = RETRY_MIN_MS;
    dial->retry_until = uv_now(loop) + options->retry_ms;
    address_label(address, dial->label);
    if (read_source(dial, err) < 0) {
        free(dial);
        return -1;
    }
    uv_timer_init(loop, &dial->deadline);
    uv_timer_init(loop, &dial->pace);
    dial->deadline.data = dial->pace.data = dial;
    dial->handles = 2;
    uv_timer_start(&dial->pace, on_next_round, 0, 0);
    return 0;
}
