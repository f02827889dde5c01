/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/connect_grant.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/event.h"
#include "net/hops.h"

/* ---- in the helper ---- */

/* A socket whose connect has failed goes to the run as well, which tells the calls. */
static void serve(struct helper *helper, void *owner, const struct parcel *request,
                  struct parcel *reply)
{
    const struct connect_grant *grant = owner;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct endpoint peer;

    (void)helper;
    event_explain(false); /* the run tells the calls */
    if (fd < 0) {
        reply->value = -errno;
        return;
    }
    if (request->value >= 1 && request->value < HOPS_MAX)
        hops_begin_with(fd, (int)request->value);
    address_unix_endpoint(grant->address, &peer);
    reply->value = connect(fd, &peer.address.any, peer.length) < 0 ? errno : 0;
    reply->fds[reply->fd_count++] = fd;
}

/* ---- in the run ---- */

void connect_grant_allow(struct connect_grant *grant, struct helper *helper,
                         const struct address *address)
{
    if (!address_is_unix(address))
        return;
    grant->address = address;
    helper_grant(helper, &grant->grant, serve, grant);
}

int connect_grant_ask(const struct connect_grant *grant, int hops, int *number)
{
    struct parcel request = {.value = hops}, reply;
    int64_t value = helper_ask(&grant->grant, &request, &reply);

    if (value < 0)
        return -1;
    *number = (int)value;
    return reply.fds[0];
}
