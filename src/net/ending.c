/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/ending.h"

#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "net/connection.h"

struct ending ending_of_failure(const char *peer, const struct err *err)
{
    const char *about_peer = err_behind(err, peer);

    return (struct ending){
        .by_peer = about_peer && err_is_of_peer(err),
        .reason = about_peer ? about_peer : err->sentence,
    };
}

/* By name or not, broken off or closed, by the peer or by this side. */
static const char *const sentences[2][2][2] = {
    {{N_("{peer} closed by this side; {received} bytes received, {sent} sent"),
      N_("{peer} closed by the peer; {received} bytes received, {sent} sent")},
     {N_("{peer} broken off by this side: {why}; {received} bytes received, {sent} sent"),
      N_("{peer} broken off by the peer: {why}; {received} bytes received, {sent} sent")}},
    {{N_("{name} {peer} closed by this side; {received} bytes received, {sent} sent"),
      N_("{name} {peer} closed by the peer; {received} bytes received, {sent} sent")},
     {N_("{name} {peer} broken off by this side: {why}; {received} bytes received, {sent} sent"),
      N_("{name} {peer} broken off by the peer: {why}; {received} bytes received, {sent} sent")}},
};

void ending_tell(struct stream *peer, const char *name, struct ending ending, uint64_t received,
                 uint64_t sent)
{
    bool peer_was_first = peer->connection ? connection_peer_was_first(peer) : ending.by_peer;

    stream_conclude(peer);
    if (!ending.reason)
        ending.by_peer = peer_was_first;
    event_tell(&(struct event){
        .kind = EVENT_CLOSED,
        .level = EVENT_VERBOSE,
        .sentence = sentences[name != NULL][ending.reason != NULL][ending.by_peer],
        .peer = stream_label(peer),
        .name = name,
        .first = peer_was_first ? "peer" : "us",
        .how = ending.reason ? "broken_off" : "closed",
        .why = ending.reason,
        .received = received,
        .sent = sent,
    });
}

void ending_fail(const struct stream *peer, struct ending ending, struct err *outcome)
{
    struct err err;

    if (!ending.reason)
        return;
    err_set(&err, ERR_NETWORK, "%s: %s", stream_label(peer), ending.reason);
    err_keep(outcome, &err);
}

void ending_tell_untaken(const char *peer, uint64_t bytes)
{
    if (bytes)
        event_tell(&(struct event){
            .kind = EVENT_UNTAKEN,
            .peer = peer,
            .bytes = bytes,
            EVENT_COUNTED("{peer} did not take {bytes} byte", "{peer} did not take {bytes} bytes",
                          bytes),
        });
}

void ending_tell_all_untaken(uint64_t peers, uint64_t bytes)
{
    event_tell(&(struct event){
        .kind = EVENT_UNTAKEN,
        .peers = peers,
        .bytes = bytes,
        EVENT_COUNTED("{peers} peers did not take {bytes} byte",
                      "{peers} peers did not take {bytes} bytes", bytes),
    });
}

void ending_tell_program(const char *peer, const char *why, bool is_silent)
{
    event_tell(&(struct event){
        .kind = EVENT_PROGRAM,
        .level = is_silent ? EVENT_RECORDED : EVENT_VERBOSE,
        .sentence = "{peer}: {why}",
        .peer = peer,
        .why = why,
    });
}
