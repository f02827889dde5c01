/* pipe: the handler of pipe mode: one conversation between a peer and descriptors 0 and 1.
 *
 * It says with -v how the conversation went, and always which text could not be converted. */
#pragma once

#include <uv.h>

#include "io/stdio.h"
#include "io/tap.h"
#include "talk/handler.h"
#include "talk/relay.h"
#include "text/codec.h"

struct pipe_options {
    struct stdio_options stdio;
    struct charset *local,
        *peer;                  /* what is spoken here and there; the same: nothing is converted */
    bool crlf;                  /* LF goes out as CR LF */
    struct tap_file *output;    /* NULL, or also gets what is received */
    struct relay_options relay; /* without the codecs, which are made here */
};

struct pipe {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct pipe_options options;
    struct stream *local, *peer;
    struct codec outward, inward;
    struct relay relay;
};

/* Serves one conversation. *pipe must stay at its address until the loop has ended. */
void pipe_init(struct pipe *pipe, uv_loop_t *loop, const struct pipe_options *options);
