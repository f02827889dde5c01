/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stdio_input: from the bytes of standard input to the words of a room's operator: decoded, and in
 * lines where the operator is a person. A byte order mark in front of those lines is dropped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/must_check.h"
#include "room/room.h"
#include "text/codec.h"
#include "text/framer.h"
#include "text/literal_input.h"

enum { STDIO_INPUT_CHUNK = 64 * 1024 /* bytes at once */ };

enum stdio_input_form { INPUT_BYTES, INPUT_LINES, INPUT_LITERALS };

struct stdio_input_options {
    struct charset *local;    /* of standard input */
    struct charset *utf8;     /* NULL: bytes stay as they are */
    struct text_options text; /* `eol` is for the peers */
    enum stdio_input_form form;
};

struct stdio_input {
    struct room *room;
    struct stdio_input_options options;
    struct codec codec;
    struct framer framer;
    struct literal_input literals;
    uint64_t lacking;  /* characters of the last bytes that a peer's charset lacks */
    bool has_said;     /* a line */
    bool holds_cr;     /* not in_lines: the CR waits for what is behind it */
    bool told_lacking; /* the operator was told of such characters */
};

void stdio_input_init(struct stdio_input *input, const struct stdio_input_options *options,
                      struct room *room);
void stdio_input_fini(struct stdio_input *input);

/* Says n bytes, at most STDIO_INPUT_CHUNK. -1 and *err (ERR_TEXT): with BAD_STOP, what follows is
 * not valid. */
MUST_CHECK int stdio_input_say(struct stdio_input *input, const unsigned char *bytes, size_t n,
                               bool last, struct err *err);
