/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/bridging.h"

#include <strings.h>

#include "cli/encodings.h"
#include "net/connection.h"
#include "os/spawn.h"

/* ---- options ---- */

static struct charset *charset_of(struct charsets *charsets, const char *name, struct err *err)
{
    return name && strcasecmp(name, "raw") != 0 ? charset_find(charsets, name, err) : NULL;
}

/* Without a charset of its own a program speaks the local one, and another address the peer's. */
static int find_charsets(struct proxy_session_options *proxy, const struct options *options,
                         struct charsets *charsets, struct err *err)
{
    const char *other = options->forward           ? options->forward_encoding
                        : options_are_raw(options) ? NULL
                                                   : encodings_local(options);

    err->kind = ERR_NONE;
    proxy->peer = charset_of(charsets, options->encoding, err);
    proxy->other = charset_of(charsets, other, err);
    if (err->kind != ERR_NONE)
        return -1;
    if (!proxy->peer != !proxy->other)
        return err_set(err, ERR_USAGE, "-e and --forward-encoding go together");
    return 0;
}

/* The charset in which the transcript reads the peer. */
static int find_heard(struct proxy_session_options *proxy, const struct options *options,
                      struct charsets *charsets, struct err *err)
{
    if (!proxy->transcript)
        return 0;
    proxy->utf8 = charset_find(charsets, "utf-8", err);
    proxy->heard =
        proxy->peer ? proxy->peer : charset_find(charsets, encodings_local(options), err);
    return proxy->utf8 && proxy->heard ? 0 : -1;
}

static int local_address(const struct stream *peer, struct endpoint *local)
{
    return connection_local(peer, local);
}

static struct proxy_session_options proxy_session_options(struct bridging *bridging,
                                                          const struct options *options)
{
    return (struct proxy_session_options){
        .mode = options->forward ? PROXY_SESSION_FORWARD : PROXY_SESSION_PROGRAM,
        .command = options->exec ? options->exec : options->sh_exec,
        .shell = options->sh_exec != NULL,
        .hidden = bridging->preferences,
        .files = run_descriptors(),
        .ignores_hangup = bridging->run->ignores_hangup,
        .local = local_address,
        .hops_left = connection_hops_left,
        .forward = options->forward_address,
        .text = options->text,
        .once = options->once || options->command == COMMAND_CONNECT,
    };
}

int bridging_init(struct bridging *bridging, struct run *run, const struct options *options,
                  struct charsets *charsets, const struct bridging_frame *frame, struct err *err)
{
    struct proxy_session_options proxy;

    *bridging = (struct bridging){.run = run};
    proxy = proxy_session_options(bridging, options);
    proxy.transcript = frame->transcript;
    proxy.dial = frame->dial;
    proxy.relay = frame->relay;
    if (find_charsets(&proxy, options, charsets, err) < 0 ||
        find_heard(&proxy, options, charsets, err) < 0)
        return -1;
    options_preferences(bridging->preferences);
    spawn_close_inherited();
    proxy_session_init(&bridging->proxy, &run->loop, &proxy);
    bridging->is_begun = true;
    return 0;
}

/* ---- the end ---- */

static bool is_ending(void *owner)
{
    return proxy_session_is_ending(&((struct bridging *)owner)->proxy);
}

void bridging_fini(struct bridging *bridging)
{
    if (!bridging->is_begun)
        return;
    proxy_session_end(&bridging->proxy, run_reason(bridging->run), bridging->run->caught);
    run_on(bridging->run, 0, is_ending, bridging);
    proxy_session_fini(&bridging->proxy);
}
