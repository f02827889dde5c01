/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header of the PROXY protocol in pieces: the answer and the peer do not depend on the cuts, the
 * header is taken whole as long as it goes on, and has 65 551 bytes at most. The first byte is the
 * length of the pieces. */
#include "fuzz.h"

#include "net/proxy_header.h"

static enum proxy_header_answer feed(struct proxy_header *header, const struct data *input,
                                     size_t piece, size_t *taken)
{
    enum proxy_header_answer answer = PROXY_HEADER_MORE;

    *header = (struct proxy_header){.length = 0};
    for (*taken = 0; *taken < input->left && answer == PROXY_HEADER_MORE;) {
        size_t n = input->left - *taken < piece ? input->left - *taken : piece, used;
        unsigned char *bytes = malloc(n);

        CLAIM(bytes);
        memcpy(bytes, input->bytes + *taken, n);
        answer = proxy_header_feed(header, bytes, n, &used);
        CLAIM(used <= n && (answer != PROXY_HEADER_MORE || used == n));
        *taken += used;
        free(bytes);
    }
    return answer;
}

static void claim_form(const struct proxy_header *header, enum proxy_header_answer answer,
                       size_t taken)
{
    char label[ADDRESS_LABEL];

    CLAIM(taken <= PROXY_HEADER_V2 + 65535);
    CLAIM(answer != PROXY_HEADER_MORE || header->bytes[0] == '\r' || taken < PROXY_HEADER_LINE);
    CLAIM((answer == PROXY_HEADER_BROKEN) == (header->fault != NULL));
    if (answer != PROXY_HEADER_DONE || !header->has_peer)
        return;
    endpoint_label(&header->peer, label);
    CLAIM(*label && strcmp(label, "an unknown address") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    size_t piece = input_byte(&input) + 1U, at_once, cut;
    struct proxy_header whole, pieces;
    enum proxy_header_answer answer = feed(&whole, &input, SIZE_MAX, &at_once);

    CLAIM(feed(&pieces, &input, piece, &cut) == answer && at_once == cut);
    CLAIM(whole.has_peer == pieces.has_peer && whole.fault == pieces.fault);
    CLAIM(!memcmp(&whole.peer, &pieces.peer, sizeof whole.peer));
    claim_form(&whole, answer, cut);
    return 0;
}
