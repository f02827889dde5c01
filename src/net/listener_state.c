/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener_state.h"

#include "base/event.h"

void listener_state_trace(const struct address *address, enum listener_state from,
                          enum listener_state to)
{
    static const char *const names[] = {
        [LISTENER_STARTING] = "STARTING", [LISTENER_CLOSED] = "CLOSED",
        [LISTENER_LOCKED] = "LOCKED",     [LISTENER_PAUSED] = "PAUSED",
        [LISTENER_FULL] = "FULL",         [LISTENER_ACCEPTING] = "ACCEPTING",
    };
    char label[ADDRESS_LABEL];

    if (!event_is_shown(EVENT_TRACE))
        return;
    address_label(address, label);
    event_state(label, "listener", names[from], names[to]);
}
