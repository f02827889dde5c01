/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text_options.h"

const char *const eol_names[EOLS] = {
    [EOL_LF] = "lf", [EOL_CRLF] = "crlf", [EOL_CR] = "cr", [EOL_NONE] = "none"};

bool text_options_same(struct text_options a, struct text_options b)
{
    return a.checked == b.checked && a.bad == b.bad && a.eol == b.eol &&
           a.doubles_ff == b.doubles_ff;
}

struct text_options text_options_of_telnet(struct text_options text)
{
    if (text.eol == EOL_AS_IS)
        text.eol = EOL_CRLF;
    text.doubles_ff = true;
    return text;
}

const char *text_options_line_end(enum codec_eol eol, bool after_cr)
{
    static const char *const ends[][2] = {[EOL_AS_IS] = {"\n", "\n"},
                                          [EOL_LF] = {"\n", "\n"},
                                          [EOL_CRLF] = {"\r\n", "\n"},
                                          [EOL_CR] = {"\r", ""},
                                          [EOL_NONE] = {"", ""}};

    return ends[eol][after_cr];
}
