/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/header_step.h"

#include <stdlib.h>

#include "base/language.h"
#include "net/places.h"
#include "net/proxy_header.h"
#include "net/socket.h"

struct header_step {
    struct transport_step step;
    struct proxy_header header;
};

static int fail(const struct stream *stream, const char *fault, struct err *err)
{
    err_set(err, ERR_NETWORK, "%s was refused: %s", stream_label(stream), language_text(fault));
    return STREAM_FAIL;
}

static int header_step_advance(struct transport_step *base, struct stream **stream, struct err *err)
{
    struct header_step *step = (struct header_step *)base;
    enum proxy_header_answer answer = PROXY_HEADER_MORE;

    while (answer == PROXY_HEADER_MORE) {
        unsigned char bytes[1024];
        ssize_t got = socket_peek(*stream, bytes, sizeof bytes, err);
        size_t used;

        if (got == STREAM_AGAIN)
            return STREAM_IN;
        if (got < 0)
            return STREAM_FAIL;
        if (got == 0)
            return fail(*stream, N_("it ended before its header of the PROXY protocol did"), err);
        answer = proxy_header_feed(&step->header, bytes, (size_t)got, &used);
        if (socket_skip(*stream, used, err) < 0)
            return STREAM_FAIL;
    }
    if (answer == PROXY_HEADER_BROKEN)
        return fail(*stream, step->header.fault, err);
    if (step->header.has_peer && place_name(*stream, &step->header.peer, err) < 0)
        return STREAM_FAIL;
    return 0;
}

static void header_step_free(struct transport_step *base)
{
    free(base);
}

struct transport_step *header_step_make(const void *options, struct err *err)
{
    static const struct transport_step_ops ops = {
        header_step_advance, header_step_free,
        N_("its header of the PROXY protocol did not come in time")};
    struct header_step *step = calloc(1, sizeof *step);

    (void)options;
    if (!step) {
        err_memory(err);
        return NULL;
    }
    step->step.ops = &ops;
    return &step->step;
}
