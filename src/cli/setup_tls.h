/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setup_tls: from the options to the TLS of a run.
 *
 * A run has at most two sides that speak TLS: that of --tls, a listener or a dial, and that of
 * --forward tls:HOST:PORT. The module is loaded where one of them is there, and for
 * --sum. With both,
 * --tls-cert, --tls-key, --tls-crl and --tls-alpn are those of the listener. */
#pragma once

#include <uv.h>

#include "base/err.h"
#include "cli/option_table.h"
#include "cli/route.h"
#include "net/tls.h"

/* Zeroed: it speaks no TLS. */
struct setup_tls_side {
    struct tls_rules rules;
    struct tls_options options; /* those of its step */
    struct tls_context *context;
};

struct setup_tls {
    const struct options *options;
    const struct tls_module *module; /* NULL: there is neither TLS nor --sum */
    char name[ADDRESS_HOST];         /* of the server that is called */
    const char *label;               /* of it, behind a proxy; NULL: there is none */
    struct setup_tls_side own;       /* of --tls */
    struct setup_tls_side onward;    /* of --forward */
};

/* Loads certificates and keys, and says warnings. *setup must stay at its address, and the options
 * and the route, too. -1 and *err: ERR_USAGE or ERR_LOCAL; setup_tls_fini may follow. */
int setup_tls_init(struct setup_tls *setup, uv_loop_t *loop, const struct options *options,
                   const struct route *route, struct opener opener, struct err *err);
void setup_tls_fini(struct setup_tls *setup);

/* Adds the step of a side to a plan; nothing where it speaks no TLS. */
void setup_tls_plan(const struct setup_tls_side *side, struct transport_plan *plan);

/* Reads certificates and keys again. Those that fail stay in use, with a message. */
void setup_tls_reload(struct setup_tls *setup);

enum { SETUP_TLS_SENTENCE = ADDRESS_LABEL + 256 };

/* The command for the other side where the certificate was made for this run, once listening at
 * `endpoint`; false: it was not. HOST and PORT stand there where others call a proxy, and FILE
 * where their certificate does. */
bool setup_tls_invite(const struct setup_tls *setup, const struct endpoint *endpoint,
                      char sentence[SETUP_TLS_SENTENCE]);
