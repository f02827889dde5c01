/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/confinement.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "os/sandbox.h"

enum { PARTS = 64 };

/* ---- what the run needs of the world, once it is confined ---- */

/* The address that is called: the proxy, or the peer. */
static const struct address *called(const struct context *context)
{
    return context->route.has_proxy ? &context->route.proxy.address : context->route.peer;
}

static struct sandbox_needs needs_of(const struct context *context)
{
    const struct address *peer = called(context);
    struct sandbox_needs needs = {.has_person = context->options->has_person,
                                  .unlocks = context->options->has_person &&
                                             context->options->command == COMMAND_LISTEN,
                                  .source_port = (uint16_t)context->options->source_port};

    needs.dials = route_dials_later(&context->route) && !address_is_unix(peer);
    if (needs.dials)
        needs.ports[needs.port_count++] = (uint16_t)route_port(peer);
    return needs;
}

/* ---- what is in force ---- */

static const char *sentence_of(const struct sandbox *entered, const struct context *context,
                               const struct sandbox_needs *needs)
{
    if (!entered->has_filter && !entered->landlock)
        return N_("not confined: this system has neither Landlock nor seccomp for tcpchat");
    if (!entered->has_filter)
        return N_("confined in part: no files, no programs; seccomp is missing ({how})");
    if (!route_dials_later(&context->route))
        return N_("confined: no files, no programs, no new connections ({how})");
    return needs->dials && entered->landlock < SANDBOX_LANDLOCK_PORTS
               ? N_("confined in part: no files, no programs; new connections may go anywhere, as "
                    "Landlock for ports is missing ({how})")
               : N_("confined: no files, no programs, new connections only where the options say "
                    "({how})");
}

/* A probe has one sentence. */
static void tell(const struct options *options, const char *sentence, const char *how)
{
    event_tell(&(struct event){.kind = EVENT_CONFINED,
                               .level = options->probe ? EVENT_RECORDED : EVENT_VERBOSE,
                               .sentence = sentence,
                               .how = how});
}

void confinement_enter(const struct context *context)
{
    struct sandbox_needs needs = needs_of(context);
    struct sandbox entered;
    char how[PARTS] = "";

    if (context->options->no_sandbox) {
        tell(context->options, N_("not confined: --no-sandbox was given"), NULL);
        return;
    }
    entered = sandbox_enter(&needs);
    if (entered.landlock)
        snprintf(how, sizeof how, "Landlock %d%s", entered.landlock,
                 entered.has_filter ? ", " : "");
    snprintf(how + strlen(how), sizeof how - strlen(how), "%s",
             entered.has_filter ? "seccomp" : "");
    tell(context->options, sentence_of(&entered, context, &needs), *how ? how : NULL);
}
