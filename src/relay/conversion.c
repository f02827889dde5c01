/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/conversion.h"

/* Both ways of a conversation may be identities: then there is nothing to convert back. */
static void answer_in_kind(const struct conversion *conversion)
{
    struct conversion *back = conversion->back;

    if (back && conversion->telnet.negotiated)
        back->codec.plan.text = text_options_of_telnet(back->codec.plan.text);
}

int conversion_push(struct conversion *conversion, const unsigned char *chunk, size_t n, bool last,
                    struct buf *out, struct err *err)
{
    struct telnet_input input = {chunk, n, last};
    struct telnet_run run;
    int more;

    if (conversion->literals)
        return literal_input_push(conversion->literals, &conversion->codec.plan, chunk, n, last,
                                  out, &conversion->codec.faults, err);
    while ((more = telnet_next(&conversion->telnet, &input, &run)) > 0) {
        if (codec_push(&conversion->codec, run.text, run.n, false, out, err) < 0)
            return -1;
        codec_skip(&conversion->codec, run.removed);
    }
    if (more < 0)
        return err_memory(err);
    answer_in_kind(conversion);
    return last ? codec_push(&conversion->codec, "", 0, true, out, err) : 0;
}
