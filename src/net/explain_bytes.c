/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/explain_bytes.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/language.h"
#include "io/loop.h"
#include "net/explain.h"

enum { LOOK_MIN_MS = 1, LOOK_MAX_MS = 32, SEGMENT_MAX = 65535 /* bytes, of IP */ };

static struct {
    bool is_open;
    uv_timer_t timer; /* runs while sent bytes are not acknowledged */
    uint64_t patience;
} looks;

/* ---- acknowledgements ---- */

static size_t count_conversations(void)
{
    size_t count = 0;

    for (struct facts *facts = NULL; (facts = facts_next(facts));)
        count += facts->is_connected;
    return count;
}

static void explain_acknowledged(struct facts *facts)
{
    bool is_only = count_conversations() == 1;
    struct explain_labels labels;
    struct event event = explain_note("acknowledged", facts->fd, facts, &labels);
    char time[EXPLAIN_TIME];

    event.bytes = facts_figures(facts).written;
    explain_put_time(&event, time, uv_hrtime() - facts->sent_at);
    facts->sent_at = 0;
    if (!facts->is_tcp)
        explain_tell(event, N_("… the peer of {fd} has read all after {lasted}"));
    else if (is_only)
        explain_tell(event, N_("… acknowledged after {lasted}, {bytes} bytes in all"));
    else
        explain_tell(event, N_("… acknowledged after {lasted}, on {fd}, {bytes} bytes in all"));
}

void explain_settled(struct facts *facts)
{
    if (facts->sent_at && !facts->failed && !facts_unacknowledged(facts))
        explain_acknowledged(facts);
}

static void on_look(uv_timer_t *timer)
{
    bool goes_on = false;

    for (struct facts *facts = NULL; (facts = facts_next(facts));) {
        if (event_explains)
            explain_settled(facts);
        goes_on |= facts->sent_at && !facts->failed;
    }
    looks.patience = looks.patience < LOOK_MAX_MS ? looks.patience * 2 : LOOK_MAX_MS;
    if (goes_on && event_explains)
        uv_timer_start(timer, on_look, looks.patience, 0);
}

static void look_soon(struct facts *facts)
{
    if (!facts->sent_at)
        facts->sent_at = uv_hrtime();
    looks.patience = LOOK_MIN_MS;
    if (looks.is_open)
        uv_timer_start(&looks.timer, on_look, 0, 0);
}

/* ---- recv ---- */

static void explain_recv_end(struct facts *facts, struct event event)
{
    if (facts->peer_ended) {
        explain_tell(event, N_("recv({fd}) = 0: the end, once more"));
        return;
    }
    facts->peer_ended = true;
    if (!facts->is_tcp)
        explain_tell(event, facts->we_ended
                                ? N_("recv({fd}) = 0: the peer has ended, after us")
                                : N_("recv({fd}) = 0: the peer has ended; we may still send"));
    else
        explain_tell(
            event,
            facts->we_ended_first ? N_("recv({fd}) = 0: the peer has sent its FIN, after ours")
            : facts->we_ended     ? N_("recv({fd}) = 0: the peer has sent its FIN, before ours")
                              : N_("recv({fd}) = 0: the peer has sent its FIN; we may still send"));
}

/* The number of segments is that of these bytes if neither this recv nor the last one left some. */
static void explain_got(struct facts *facts, struct event event)
{
    uint32_t segments = facts_figures(facts).segments, came = segments - facts->segments;
    bool is_known = !facts->lacks_bytes && event.result <= (int64_t)came * SEGMENT_MAX;

    event.unread = facts_unread(facts);
    facts->segments = segments;
    facts->lacks_bytes = event.unread;
    if (event.unread) {
        explain_tell(event, N_("recv({fd}) = {result}: a part, {unread} of what came are left for "
                               "the next one"));
    } else if (!facts->is_tcp) {
        explain_tell(event, N_("recv({fd}) = {result}: all that was there; a unix stream keeps no "
                               "borders either"));
    } else if (!came) {
        explain_tell(event, N_("recv({fd}) = {result}: the rest of what came before"));
    } else if (!is_known) {
        explain_tell(event, N_("recv({fd}) = {result}: all that was there"));
    } else {
        event.segments = came;
        explain_tell(event, came == 1 ? N_("recv({fd}) = {result}: came in {segments} segment")
                                      : N_("recv({fd}) = {result}: came in {segments} segments, "
                                           "read at once; TCP keeps no borders"));
    }
}

void explain_recv(int fd, ssize_t got, int flags, int number)
{
    struct facts *facts = facts_of(fd);
    struct explain_labels labels;
    struct event event = explain_call("recv", fd, facts, &labels);

    if (!facts || number == EAGAIN || number == EINTR)
        return;
    if (!number)
        explain_settled(facts);
    event.result = got;
    if (number) {
        facts->failed = true;
        explain_failure(event, N_("recv({fd}): {why}"), number);
    } else if (flags & MSG_PEEK) {
        event.option = "MSG_PEEK";
        explain_tell(event, got ? N_("recv({fd}, MSG_PEEK) = {result}: looked at, and left there")
                                : N_("recv({fd}, MSG_PEEK) = 0: the peer has ended"));
    } else if (got) {
        explain_got(facts, event);
    } else {
        explain_recv_end(facts, event);
    }
}

void explain_wait(int fd)
{
    struct facts *facts = event_explains ? facts_of(fd) : NULL;
    struct explain_labels labels;

    if (!facts || facts->told_waiting || facts->peer_ended || facts_unread(facts))
        return;
    facts->told_waiting = true;
    explain_tell(explain_note("waiting", fd, facts, &labels),
                 N_("the receive buffer of {fd} is empty: a recv waits until bytes come"));
}

/* ---- send ---- */

static const char *sent(const struct facts *facts, bool is_whole)
{
    if (!facts->is_tcp)
        return is_whole ? N_("send({fd}) = {result}: in the peer's buffer; no network lies between")
                        : N_("send({fd}) = {result} of {offered}: the peer's buffer is full");
    return is_whole ? N_("send({fd}) = {result}: in the send buffer, {unacknowledged} not yet "
                         "acknowledged")
                    : N_("send({fd}) = {result} of {offered}: the send buffer is full, "
                         "{unacknowledged} not "
                         "yet acknowledged");
}

void explain_send(int fd, ssize_t put, size_t n, int number)
{
    struct facts *facts = facts_of(fd);
    struct explain_labels labels;
    struct event event = explain_call("send", fd, facts, &labels);

    if (!facts || number == EAGAIN || number == EINTR)
        return;
    event.result = put;
    event.offered = n;
    if (number) {
        facts->failed = true;
        explain_failure(event, N_("send({fd}): {why}"), number);
        return;
    }
    event.unacknowledged = facts_unacknowledged(facts);
    explain_tell(event, sent(facts, (size_t)put == n));
    if (put)
        look_soon(facts);
}

/* ---- the loop ---- */

void explain_open(uv_loop_t *loop)
{
    loop_weak_timer(loop, &looks.timer, NULL);
    looks.is_open = true;
}

void explain_end(void)
{
    if (looks.is_open)
        uv_close((uv_handle_t *)&looks.timer, NULL);
    looks.is_open = false;
    facts_forget_all();
}
