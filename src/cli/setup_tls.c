/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/setup_tls.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "cli/correction.h"
#include "cli/modules.h"

/* ---- from the options to the rules ---- */

/* The dot at the end of a name is DNS's (RFC 6066), and the zone of an address this machine's. */
static void set_name(struct setup_tls *setup, struct tls_rules *rules,
                     const struct address *address)
{
    const char *name = setup->options->tls_name ? setup->options->tls_name : address->host;
    size_t length;

    snprintf(setup->name, sizeof setup->name, "%s", name);
    if (strchr(setup->name, ':'))
        setup->name[strcspn(setup->name, "%")] = '\0';
    length = strlen(setup->name);
    if (length > 1 && setup->name[length - 1] == '.')
        setup->name[length - 1] = '\0';
    rules->name = length || setup->options->tls_name ? setup->name : NULL;
    rules->is_name_given = setup->options->tls_name;
}

static void set_shared(const struct options *options, struct tls_rules *rules)
{
    rules->cert = options->tls_cert;
    rules->key = options->tls_key;
    rules->crl = options->tls_crl;
    rules->alpn = options->tls_alpn;
}

static void set_call(struct setup_tls *setup, struct tls_rules *rules,
                     const struct address *address)
{
    const struct options *options = setup->options;

    rules->ca = options->tls_ca;
    rules->pins = options->tls_pin;
    rules->insecure = options->tls_insecure;
    set_name(setup, rules, address);
    if (options->command == COMMAND_CONNECT || !options->tls)
        set_shared(options, rules);
}

static void set_listen(const struct options *options, struct tls_rules *rules)
{
    rules->listens = true;
    rules->client_ca = options->tls_client_ca;
    set_shared(options, rules);
}

/* ---- sides ---- */

static int open_side(struct setup_tls *setup, struct setup_tls_side *side, uv_loop_t *loop,
                     struct err *err)
{
    side->context = setup->module->context_new(&side->rules, err);
    if (!side->context)
        return -1;
    side->options = (struct tls_options){loop, setup->module, side->context,
                                         side->rules.listens ? NULL : setup->label};
    if (*side->context->warning)
        event_say(EVENT_ALWAYS, "%s", side->context->warning);
    if (side->rules.insecure)
        event_say(EVENT_ALWAYS,
                  "--tls-insecure: nothing is verified, so that anybody on the way may read and "
                  "change what is said");
    return 0;
}

/* With its first use OpenSSL reads its configuration. */
static int load_module(struct setup_tls *setup, struct err *err)
{
    struct tls_digest *first;

    setup->module = modules_tls(err);
    if (!setup->module)
        return -1;
    first = setup->options->sum ? setup->module->digest_new() : NULL;
    if (first)
        setup->module->digest_end(first, NULL);
    return 0;
}

int setup_tls_init(struct setup_tls *setup, uv_loop_t *loop, const struct options *options,
                   const struct route *route, struct opener opener, struct err *err)
{
    *setup = (struct setup_tls){.options = options};
    if (!options->tls && !options->forward_tls && !options->sum)
        return 0;
    if (load_module(setup, err) < 0)
        return -1;
    setup->label = route->has_proxy ? route->asks.label : NULL;
    if (options->command == COMMAND_CONNECT)
        set_call(setup, &setup->own.rules, &options->address);
    else if (options->tls)
        set_listen(options, &setup->own.rules);
    if (options->forward_tls)
        set_call(setup, &setup->onward.rules, &options->forward_address);
    if ((options->tls && open_side(setup, &setup->own, loop, err) < 0) ||
        (options->forward_tls && open_side(setup, &setup->onward, loop, err) < 0))
        return -1;
    setup->own.rules.opener = setup->onward.rules.opener = opener; /* of setup_tls_reload */
    return 0;
}

static void close_side(struct setup_tls *setup, struct setup_tls_side *side)
{
    if (side->context)
        setup->module->context_free(side->context);
    side->context = NULL;
}

void setup_tls_fini(struct setup_tls *setup)
{
    close_side(setup, &setup->own);
    close_side(setup, &setup->onward);
}

void setup_tls_plan(const struct setup_tls_side *side, struct transport_plan *plan)
{
    if (side->context)
        transport_plan_add(plan, tls_step_new, &side->options);
}

/* ---- while it runs ---- */

/* A certificate that was made for this run stays: others know its pin. */
static void reload_side(struct setup_tls *setup, struct setup_tls_side *side)
{
    struct tls_context *again;
    struct err err;

    if (!side->context || side->context->is_made)
        return;
    again = setup->module->context_new(&side->rules, &err);
    if (!again) {
        event_say_error("%s; the certificates that were read before stay in use", err.sentence);
        return;
    }
    close_side(setup, side);
    side->context = again;
    side->options.context = again;
    event_say(EVENT_VERBOSE, "certificates and keys were read again");
}

void setup_tls_reload(struct setup_tls *setup)
{
    reload_side(setup, &setup->own);
    reload_side(setup, &setup->onward);
}

bool setup_tls_invite(const struct setup_tls *setup, const struct endpoint *endpoint,
                      char sentence[SETUP_TLS_SENTENCE])
{
    const struct options *options = setup->options;
    const struct tls_context *context = setup->own.context;
    char label[ADDRESS_LABEL], quoted[ADDRESS_LABEL];

    if (!context || !context->is_made)
        return false;
    endpoint_label(endpoint, label);
    correction_quote(label, quoted, sizeof quoted);
    snprintf(sentence, SETUP_TLS_SENTENCE,
             language_text(N_("the other side writes: tcpchat connect --tls --tls-pin %s %s%s")),
             context->pin, options->tls_client_ca ? "--tls-cert FILE --tls-key FILE " : "",
             options->proxy_protocol ? "HOST PORT" : quoted);
    return true;
}
