/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text_options.h"

bool text_options_same(struct text_options a, struct text_options b)
{
    return a.checked == b.checked && a.bad == b.bad && a.eol == b.eol &&
           a.doubles_ff == b.doubles_ff;
}

struct text_options text_options_of_telnet(struct text_options text)
{
    text.eol = EOL_CRLF;
    text.doubles_ff = true;
    return text;
}
