/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/explain_bind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "base/language.h"
#include "net/diag.h"
#include "net/explain.h"

enum { USER = 24 };

/* ---- setsockopt ---- */

void explain_reuse(int fd, const struct endpoint *endpoint, int number)
{
    struct explain_labels labels;
    struct event event = explain_call("setsockopt", fd, NULL, &labels);
    struct diag_port port = {0};
    bool knows = endpoint_port(endpoint) && diag_port(endpoint, &port) == 0;

    endpoint_label(endpoint, labels.local);
    event.local = labels.local;
    event.option = "SO_REUSEADDR";
    event.counted = event.sockets = port.time_waits;
    event.expires = port.seconds;
    if (number) {
        explain_failure(event, N_("setsockopt({fd}, SO_REUSEADDR): {why}"), number);
    } else if (knows && port.time_waits) {
        explain_counted(event,
                        NN_("setsockopt({fd}, SO_REUSEADDR): {sockets} socket in TIME_WAIT there "
                            "would keep the port for {expires} s; it is passed over if it had this "
                            "option, too",
                            "setsockopt({fd}, SO_REUSEADDR): {sockets} sockets in TIME_WAIT there "
                            "would keep the port for {expires} s; they are passed over if they had "
                            "this option, too"));
    } else if (knows) {
        explain_tell(event, N_("setsockopt({fd}, SO_REUSEADDR): sockets in TIME_WAIT would not "
                               "keep the port from us; none is there"));
    } else {
        explain_tell(event, N_("setsockopt({fd}, SO_REUSEADDR): sockets in TIME_WAIT do not keep "
                               "the port from us if they had this option, too"));
    }
}

/* ---- bind ---- */

/* Linux passes over a socket in TIME_WAIT if both had SO_REUSEADDR. */
static void explain_time_waits(struct event event, const struct diag_port *port)
{
    bool reuses = facts_reuses_address((int)event.fd);

    event.counted = event.sockets = port->time_waits;
    if (reuses)
        explain_counted(event,
                        NN_("bind: {why}, by {sockets} socket in TIME_WAIT, for {expires} s; it "
                            "was made without SO_REUSEADDR, so that ours does not help",
                            "bind: {why}, by {sockets} sockets in TIME_WAIT, for {expires} s; one "
                            "was made without SO_REUSEADDR, so that ours does not help"));
    else
        explain_counted(event,
                        NN_("bind: {why}, by {sockets} socket in TIME_WAIT, for {expires} s; "
                            "SO_REUSEADDR would pass over it if it had that option, too",
                            "bind: {why}, by {sockets} sockets in TIME_WAIT, for {expires} s; "
                            "SO_REUSEADDR would pass over them if they had that option, too"));
}

static void explain_holder(struct event event, const struct diag_port *port)
{
    char name[DIAG_NAME] = "", user[USER];
    int process = port->has_listener ? diag_process(port->inode, name) : 0;

    event.expires = port->seconds;
    if (process > 0) {
        event.process = (uint64_t)process;
        event.program = name;
        explain_tell(event, N_("bind: {why}, by a listener of process {process} ({program})"));
    } else if (port->has_listener && port->user != DIAG_NOBODY) {
        snprintf(user, sizeof user, "%" PRId64, port->user);
        event.user = user;
        explain_tell(event, N_("bind: {why}, by a listener of user {user}"));
    } else if (port->has_listener) {
        explain_tell(event, N_("bind: {why}, by a listener"));
    } else if (port->has_bound) {
        explain_tell(event, N_("bind: {why}, by a socket that is bound and does not listen"));
    } else if (port->time_waits) {
        explain_time_waits(event, port);
    } else {
        event.counted = event.sockets = port->connections;
        explain_counted(event, NN_("bind: {why}, by {sockets} connection that is not over",
                                   "bind: {why}, by {sockets} connections that are not over"));
    }
}

static bool stands_there(const struct diag_port *port)
{
    return port->has_listener || port->has_bound || port->time_waits || port->connections;
}

static void explain_refused_bind(struct event event, const struct endpoint *endpoint, int number)
{
    struct diag_port port;
    bool knows = number == EADDRINUSE && diag_port(endpoint, &port) == 0;
    bool is_path = endpoint->address.any.sa_family == AF_UNIX && *endpoint->address.local.sun_path;

    event.result = -1;
    event.why = err_reason(number);
    if (knows && stands_there(&port))
        explain_holder(event, &port);
    else
        explain_tell(event, knows && is_path ? N_("bind: {why}, by a file that no socket has open")
                                             : N_("bind({fd}, {local}): {why}"));
}

void explain_bind(int fd, const struct endpoint *endpoint, int number)
{
    struct facts *facts = facts_of(fd);
    struct explain_labels labels;
    struct event event = explain_call("bind", fd, facts, &labels);
    bool is_unix = endpoint->address.any.sa_family == AF_UNIX;

    endpoint_label(endpoint, labels.local);
    event.local = labels.local;
    if (number) {
        explain_refused_bind(event, endpoint, number);
        return;
    }
    if (facts)
        facts_read_addresses(facts);
    event.port = facts ? endpoint_port(&facts->local) : 0;
    explain_tell(event, is_unix ? N_("bind({fd}, {local}): the name is ours")
                        : endpoint_port(endpoint)
                            ? N_("bind({fd}, {local}): the port is ours")
                            : N_("bind({fd}, {local}): the system chose port {port}"));
}
