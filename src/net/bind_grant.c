/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/bind_grant.h"

#include <errno.h>
#include <string.h>

#include "base/event.h"
#include "net/call.h"

/* A question names the old file, and the answer the new one. */
struct file {
    uint64_t device, inode;
};

enum { REMOVE, BIND };  /* questions */
enum { BOUND, FAILED }; /* answers to BIND; FAILED has its struct err */

/* ---- in the helper ---- */

static void bind_again(const struct bind_grant *grant, struct parcel *reply)
{
    struct acceptors acceptors = {.manner = grant->manner};
    struct err err = {0};
    struct file file;

    if (bind_open_one(&acceptors, grant->address, &err) < 0) {
        reply->value = parcel_put(reply, &err, sizeof err) < 0 ? -errno : FAILED;
        return;
    }
    reply->fds[reply->fd_count++] = acceptors.items[0].fd;
    file = (struct file){acceptors.file.device, acceptors.file.inode};
    reply->value = parcel_put(reply, &file, sizeof file) < 0 ? -errno : BOUND;
}

static void serve(struct helper *helper, void *owner, const struct parcel *request,
                  struct parcel *reply)
{
    const struct bind_grant *grant = owner;
    struct socket_file old = {.path = grant->address->path, .is_ours = true};
    struct file file;

    (void)helper;
    event_explain(false); /* the run tells the calls */
    if (request->length != sizeof file) {
        reply->value = -EINVAL;
        return;
    }
    memcpy(&file, request->bytes, sizeof file);
    old.device = file.device;
    old.inode = file.inode;
    socket_file_remove(&old);
    if (request->value == BIND)
        bind_again(grant, reply);
}

/* ---- in the run ---- */

static int64_t ask(const struct bind_grant *grant, struct socket_file *file, int64_t question,
                   struct parcel *reply)
{
    struct file old = {file->device, file->inode};
    struct parcel request = {.value = question};

    file->is_ours = false;
    return parcel_put(&request, &old, sizeof old) < 0 ? -1
                                                      : helper_ask(&grant->grant, &request, reply);
}

/* A file that the helper does not live to remove stays, and is known to be stale. */
static void ask_to_remove(void *owner, struct socket_file *file)
{
    if (ask(owner, file, REMOVE, NULL) < 0)
        errno = 0;
}

static int refuse(const struct bind_grant *grant, const struct parcel *reply, struct err *err)
{
    if (reply->length != sizeof *err)
        return err_errno(err, ERR_NETWORK, errno, "cannot listen on unix:%s", grant->address->path);
    if (err)
        memcpy(err, reply->bytes, sizeof *err);
    return -1;
}

static int ask_to_bind(void *owner, struct acceptors *acceptors, struct acceptor *fresh,
                       struct err *err)
{
    const struct bind_grant *grant = owner;
    struct parcel reply = {0};
    struct file file;

    if (ask(grant, &acceptors->file, BIND, &reply) != BOUND)
        return refuse(grant, &reply, err);
    memcpy(&file, reply.bytes, sizeof file);
    acceptors->file = (struct socket_file){grant->address->path, true, file.device, file.inode};
    address_unix_endpoint(grant->address, &fresh->endpoint);
    fresh->fd = reply.fds[0];
    call_take_over(fresh->fd, &fresh->endpoint, bind_backlog(&grant->manner));
    return 0;
}

void bind_grant_allow(struct bind_grant *grant, struct helper *helper,
                      const struct address *address, const struct bind_manner *manner)
{
    if (address->kind != ADDRESS_PATH)
        return;
    *grant = (struct bind_grant){.address = address, .manner = *manner};
    grant->manner.meanwhile = true;
    helper_grant(helper, &grant->grant, serve, grant);
}

struct binder bind_grant_binder(struct bind_grant *grant)
{
    return grant->grant.helper ? (struct binder){ask_to_bind, ask_to_remove, grant}
                               : (struct binder){0};
}
