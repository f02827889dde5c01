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

/* With ALPN or not, with a certificate or not. */
static const char *const sentences[2][2] = {
    {N_("{version}, {cipher}"), N_("{version}, {cipher}, certificate of {certificate}, pin {pin}")},
    {N_("{version}, {cipher}, {alpn}"),
     N_("{version}, {cipher}, {alpn}, certificate of {certificate}, pin {pin}")},
};

/* Empty facts are left out. */
static bool read_facts(const struct stream *stream, struct tls_facts *facts, struct event *event)
{
    if (!tls_stream_describe(stream, facts))
        return false;
    *event = (struct event){
        .sentence = sentences[*facts->alpn != '\0'][*facts->name != '\0'],
        .version = facts->version,
        .cipher = facts->cipher,
        .alpn = facts->alpn,
        .certificate = facts->name,
        .pin = facts->pin,
    };
    return true;
}

static void describe(const struct event *event, char sentence[TLS_SENTENCE])
{
    char line[TLS_SENTENCE];

    event_sentence(event, line, sizeof line);
    safetext_line(sentence, TLS_SENTENCE, line);
}

bool tls_describe(const struct stream *stream, char sentence[TLS_SENTENCE])
{
    struct tls_facts facts;
    struct event event;

    if (!read_facts(stream, &facts, &event))
        return false;
    describe(&event, sentence);
    return true;
}

static void report(const struct stream *stream)
{
    bool is_shown = event_is_shown(EVENT_VERBOSE) || event_is_shown(EVENT_RECORDED);
    char sentence[TLS_SENTENCE];
    struct tls_facts facts;
    struct event event;

    if (!is_shown || !read_facts(stream, &facts, &event))
        return;
    describe(&event, sentence);
    event.kind = EVENT_SECURED;
    event.level = EVENT_VERBOSE;
    event.sentence = "{peer}: {how}";
    event.peer = stream_label(stream);
    event.how = sentence;
    event_tell(&event);
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

static const struct transport_step_ops step_ops = {
    .advance = step_advance,
    .free = step_free,
    .late = N_("the handshake of TLS did not end in time"),
};

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
