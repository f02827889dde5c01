/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/opening.h"

#include <stdio.h>

#include "base/event.h"
#include "base/language.h"
#include "net/connection.h"
#include "net/socket.h"

int opening_locate(const struct stream *stream, char *local, size_t n)
{
    char label[ADDRESS_LABEL] = "";
    struct endpoint endpoint;

    if (socket_local(stream, &endpoint) == 0 && endpoint_is_named(&endpoint))
        endpoint_label(&endpoint, label);
    snprintf(local, n, "%s", label);
    return connection_fd(stream);
}

void opening_tell(const struct stream *stream, bool is_dialled, bool is_silent)
{
    char local[ADDRESS_LABEL];
    struct event event = {
        .kind = is_dialled ? EVENT_CONNECTED : EVENT_ACCEPTED,
        .level = is_silent ? EVENT_RECORDED : EVENT_VERBOSE,
        .sentence = N_("{peer} connected"),
        .peer = stream_label(stream),
    };

    if (!event_is_shown(event.level) && !event_is_shown(EVENT_RECORDED))
        return;
    event.fd = opening_locate(stream, local, sizeof local);
    event.local = *local ? local : NULL;
    event_tell(&event);
}

void opening_tell_refused(const char *peer, const char *why)
{
    event_tell(&(struct event){
        .kind = EVENT_REFUSED,
        .sentence = peer ? N_("{peer} was refused: {why}") : N_("a connection was refused: {why}"),
        .peer = peer,
        .why = why,
    });
}
