/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "net/tls_stream.h"
#include "text/safetext.h"

struct tls_step {
    struct transport_step step;
    const struct tls_options *options;
    bool has_begun;
};

/* An empty fact is left out. */
static void add_fact(char line[TLS_SENTENCE], const char *format, const char *fact)
{
    size_t length = strlen(line);

    if (*fact)
        snprintf(line + length, TLS_SENTENCE - length, language_text(format), fact);
}

bool tls_describe(const struct stream *stream, char sentence[TLS_SENTENCE])
{
    char line[TLS_SENTENCE] = "";
    struct tls_facts facts;

    if (!tls_stream_describe(stream, &facts))
        return false;
    snprintf(line, sizeof line, "%s, %s", facts.version, facts.cipher);
    add_fact(line, ", %s", facts.alpn);
    add_fact(line, N_(", certificate of %s"), facts.name);
    add_fact(line, N_(", pin %s"), facts.pin);
    safetext_line(sentence, TLS_SENTENCE, line);
    return true;
}

static void report(const struct stream *stream)
{
    char sentence[TLS_SENTENCE];

    bool is_shown = event_is_shown(EVENT_VERBOSE) || event_is_shown(EVENT_RECORDED);

    if (is_shown && tls_describe(stream, sentence))
        event_tell(&(struct event){.kind = EVENT_SECURED,
                                   .level = EVENT_VERBOSE,
                                   .sentence = "{peer}: {how}",
                                   .peer = stream_label(stream),
                                   .how = sentence});
}

/* The stream of TLS is there before its handshake, so that its close sends the alert. */
static int begin(struct tls_step *step, struct stream **stream, struct err *err)
{
    const struct tls_options *options = step->options;
    struct stream *made =
        tls_stream_new(options->loop, options->module, options->context, *stream, err);

    if (!made)
        return STREAM_FAIL;
    *stream = made;
    step->has_begun = true;
    return 0;
}

/* The stream has the address of the proxy as its name. */
static void name_peer(struct err *err, const char *name, const char *label)
{
    size_t length = strlen(name);
    char reason[ERR_SENTENCE];

    if (!label || strncmp(err->sentence, name, length) != 0)
        return;
    strcpy(reason, err->sentence + length);
    err_set(err, err->kind, "%s%s", label, reason);
}

static int step_advance(struct transport_step *base, struct stream **stream, struct err *err)
{
    struct tls_step *step = (struct tls_step *)base;
    int result = step->has_begun ? 0 : begin(step, stream, err);

    if (result == 0)
        result = tls_stream_handshake(*stream, err);
    if (result == 0)
        report(*stream);
    if (result == STREAM_FAIL)
        name_peer(err, stream_label(*stream), step->options->label);
    return result;
}

static void step_free(struct transport_step *step)
{
    free(step);
}

static const struct transport_step_ops step_ops = {.advance = step_advance, .free = step_free};

struct transport_step *tls_step_new(const void *options, struct err *err)
{
    struct tls_step *step = calloc(1, sizeof *step);

    if (!step) {
        err_memory(err);
        return NULL;
    }
    step->step.ops = &step_ops;
    step->options = options;
    return &step->step;
}
