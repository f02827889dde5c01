/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/ending.h"

#include <inttypes.h>
#include <string.h>

#include "base/event.h"

/* NULL: the sentence does not begin with the peer's name. */
static const char *without_name(const char *sentence, const char *peer)
{
    size_t length = strlen(peer);

    return !strncmp(sentence, peer, length) && !strncmp(sentence + length, ": ", 2)
               ? sentence + length + 2
               : NULL;
}

struct ending ending_of_failure(const char *peer, const struct err *err)
{
    const char *about_peer = without_name(err->sentence, peer);

    return (struct ending){
        .by_peer = about_peer && err_is_of_peer(err),
        .reason = about_peer ? about_peer : err->sentence,
    };
}

void ending_say(const char *peer, struct ending ending, uint64_t received, uint64_t sent)
{
    event_say(EVENT_VERBOSE, "%s %s by %s%s%s; %" PRIu64 " bytes received, %" PRIu64 " sent", peer,
              ending.reason ? "broken off" : "closed", ending.by_peer ? "the peer" : "this side",
              ending.reason ? ": " : "", ending.reason ? ending.reason : "", received, sent);
}

void ending_say_untaken(const char *peer, uint64_t bytes)
{
    if (bytes)
        event_say_error("%s did not take %" PRIu64 " byte%s", peer, bytes, bytes == 1 ? "" : "s");
}
