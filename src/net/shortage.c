/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/shortage.h"

#include <string.h>

#include "base/err.h"
#include "base/event.h"

enum { CALM_MS = 10000 };

void shortage_report(struct shortage *shortage, uint64_t now, int number)
{
    if (!shortage->at || now - shortage->at > CALM_MS)
        event_say_error("cannot accept a connection: %s; newcomers wait", err_reason(number));
    shortage->at = now;
}
