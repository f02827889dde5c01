/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/language.h"

enum { TIME = 32 };

struct status {
    uint64_t now; /* loop time */
    size_t count;
};

static void say_peer(void *owner, const struct handler_peer *peer)
{
    struct status *status = owner;
    uint64_t seconds = (status->now - peer->since) / 1000;
    char time[TIME];

    if (status->count++ >= STATUS_PEERS)
        return;
    snprintf(time, sizeof time, "%" PRIu64 ":%02u:%02u", seconds / 3600,
             (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    event_tell(&(struct event){
        .kind = EVENT_STATUS,
        .sentence =
            N_("{peer}: {received} bytes received, {sent} sent, {waiting} waiting, {lasted}"),
        .peer = peer->label,
        .received = peer->received,
        .sent = peer->sent,
        .waiting = peer->waiting,
        .seconds = seconds,
        .lasted = time,
    });
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

static void tell_sockets(const struct listener *listener, enum event_kind kind,
                         enum event_level level)
{
    for (size_t i = 0; i < listener_count(listener); i++) {
        char label[ADDRESS_LABEL];

        endpoint_label(listener_endpoint(listener, i), label);
        event_tell(&(struct event){
            .kind = kind, .level = level, .sentence = N_("listening on {local}"), .local = label});
    }
}

void status_say_sockets(const struct listener *listener)
{
    tell_sockets(listener, EVENT_STATUS, EVENT_ALWAYS);
}

/* The number of port 0 is known nowhere else, and a person wants to see the address. */
static enum event_level announcement_level(const struct options *options)
{
    bool is_seen = address_is_port_0(&options->address) || (isatty(0) && isatty(1));

    if (options->has_person) /* the banner says it */
        return EVENT_RECORDED;
    return is_seen ? EVENT_ALWAYS : EVENT_VERBOSE;
}

void status_announce(const struct listener *listener, const struct options *options)
{
    tell_sockets(listener, EVENT_LISTENING, announcement_level(options));
}

/* Appends to a list, or to a sentence; the pattern has both. */
static void join(char *text, size_t size, const char *pattern, const char *next)
{
    char before[STATUS_TEXT];

    snprintf(before, sizeof before, "%s", text);
    if (*before)
        snprintf(text, size, language_text(pattern), before, next);
    else
        snprintf(text, size, "%s", next);
}

void status_name_sockets(const struct listener *listener, char *text, size_t size)
{
    *text = '\0';
    for (size_t i = 0; i < listener_count(listener); i++) {
        char label[ADDRESS_LABEL];

        endpoint_label(listener_endpoint(listener, i), label);
        join(text, size, N_("%s and %s"), label);
    }
}

static void join_count(char *text, size_t size, const char *format, unsigned count, unsigned most)
{
    char sentence[STATUS_TEXT];

    snprintf(sentence, sizeof sentence, format, count, most);
    join(text, size, N_("%s; %s"), sentence);
}

bool status_describe_waiting(const struct listener *listener, unsigned max_peers, char *text,
                             size_t size)
{
    unsigned waiting = listener_waiting(listener), handshakes = listener_handshakes(listener);

    *text = '\0';
    if (waiting)
        join_count(text, size,
                   language_count("%u waits for a place of -m %u", "%u wait for a place of -m %u",
                                  waiting),
                   waiting, max_peers);
    if (handshakes)
        join_count(
            text, size,
            language_count("%u handshake is going on", "%u handshakes are going on", handshakes),
            handshakes, 0);
    return waiting || handshakes;
}
