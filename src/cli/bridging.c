#include "cli/bridging.h"

#include <strings.h>

#include "cli/tongues.h"
#include "net/connection.h"
#include "os/spawn.h"

/* ---- options ---- */

static struct charset *charset_of(struct charsets *charsets, const char *name, struct err *err)
{
    return name && strcasecmp(name, "raw") != 0 ? charset_find(charsets, name, err) : NULL;
}

/* Without a charset of its own a program speaks the local one, and another address the peer's. */
static int find_charsets(struct bridge_options *bridge, const struct options *options,
                         struct charsets *charsets, struct err *err)
{
    const char *other = options->forward           ? options->forward_encoding
                        : options_are_raw(options) ? NULL
                                                   : tongues_local(options);

    err->kind = ERR_NONE;
    bridge->peer = charset_of(charsets, options->encoding, err);
    bridge->other = charset_of(charsets, other, err);
    if (err->kind != ERR_NONE)
        return -1;
    if (!bridge->peer != !bridge->other)
        return err_set(err, ERR_USAGE, "-e and --forward-encoding go together");
    return 0;
}

/* The charset in which the transcript reads the peer. */
static int find_heard(struct bridge_options *bridge, const struct options *options,
                      struct charsets *charsets, struct err *err)
{
    if (!bridge->transcript)
        return 0;
    bridge->utf8 = charset_find(charsets, "utf-8", err);
    bridge->heard =
        bridge->peer ? bridge->peer : charset_find(charsets, tongues_local(options), err);
    return bridge->utf8 && bridge->heard ? 0 : -1;
}

static int local_address(const struct stream *peer, struct endpoint *local)
{
    return connection_local(peer, local);
}

static struct bridge_options bridge_options(struct bridging *bridging,
                                            const struct options *options)
{
    return (struct bridge_options){
        .mode = options->forward ? BRIDGE_FORWARD : BRIDGE_PROGRAM,
        .command = options->exec ? options->exec : options->sh_exec,
        .shell = options->sh_exec != NULL,
        .hidden = bridging->preferences,
        .files = run_descriptors(),
        .ignores_hangup = bridging->run->ignores_hangup,
        .local = local_address,
        .hops_left = connection_hops_left,
        .forward = options->forward_address,
        .bad = options->on_bad_text.value,
        .checks = options->on_bad_text.given,
        .crlf = options->crlf,
        .once = options->once || options->command == COMMAND_CONNECT,
    };
}

int bridging_init(struct bridging *bridging, struct run *run, const struct options *options,
                  struct charsets *charsets, const struct bridging_frame *frame, struct err *err)
{
    struct bridge_options bridge;

    *bridging = (struct bridging){.run = run};
    bridge = bridge_options(bridging, options);
    bridge.transcript = frame->transcript;
    bridge.dial = frame->dial;
    bridge.relay = frame->relay;
    if (find_charsets(&bridge, options, charsets, err) < 0 ||
        find_heard(&bridge, options, charsets, err) < 0)
        return -1;
    options_preferences(bridging->preferences);
    spawn_close_inherited();
    bridge_init(&bridging->bridge, &run->loop, &bridge);
    bridging->is_begun = true;
    return 0;
}

/* ---- the end ---- */

static bool is_ending(void *owner)
{
    return bridge_is_ending(&((struct bridging *)owner)->bridge);
}

void bridging_fini(struct bridging *bridging)
{
    if (!bridging->is_begun)
        return;
    bridge_end(&bridging->bridge, run_reason(bridging->run), bridging->run->caught);
    run_on(bridging->run, 0, is_ending, bridging);
    bridge_fini(&bridging->bridge);
}
