/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text_options: how text is converted, passed by value from the command line to the codecs. */
#pragma once

#include <stdbool.h>

/* The treatment of bad text: bytes that are not valid, and characters that the target lacks. */
enum codec_bad {
    BAD_REPLACE, /* U+FFFD, or '?' where the target lacks that */
    BAD_ESCAPE,  /* \xHH for each byte, \u{H} for a character */
    BAD_STOP,    /* the conversion fails there */
};

/* The end of a line in the output. LF and CR LF end a line of the input; a lone CR ends none. */
enum codec_eol {
    EOL_AS_IS, /* no end is changed */
    EOL_LF,
    EOL_CRLF,
    EOL_CR,
    EOL_NONE, /* lines are joined */
    EOLS
};

/* The words of --eol; NULL: EOL_AS_IS has none. */
extern const char *const eol_names[EOLS];

struct text_options {
    bool checked; /* text is checked also where both sides speak the same charset */
    enum codec_bad bad;
    enum codec_eol eol;
    bool doubles_ff; /* each byte FF of the output is doubled, for a telnet peer */
};

/* The same for a peer that has negotiated as telnet: lines end with CR LF unless `eol` is set, and
 * FF is doubled. */
struct text_options text_options_of_telnet(struct text_options text);

/* The bytes for a line end whose LF follows a CR, which was sent, or another byte. */
const char *text_options_line_end(enum codec_eol eol, bool after_cr);

/* Whether all fields are the same; a lint test finds one that is not compared. */
bool text_options_same(struct text_options a, struct text_options b);
