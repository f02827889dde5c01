/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answers of a proxy in pieces: the end, the reason and what is said to the proxy do not depend
 * on the cuts, the answer is taken whole as long as the proxy is asked, and the reason is safe to
 * show. The first byte chooses the kind and the login, the second one the length of the pieces. */
#include "fuzz.h"

#include "net/proxy_handshake.h"

static const struct proxy_request requests[] = {
    {PROXY_SOCKS5, "example.org", 80, NULL, NULL},    {PROXY_SOCKS5, "::1", 80, "alice", "secret"},
    {PROXY_SOCKS4A, "example.org", 80, NULL, NULL},   {PROXY_HTTP, "example.org", 80, NULL, NULL},
    {PROXY_HTTP, "192.0.2.1", 80, "alice", "secret"},
};

static void feed(struct proxy_exchange *exchange, const struct proxy_request *request,
                 const struct data *input, size_t piece, size_t *taken)
{
    enum proxy_progress progress = PROXY_ASKS;

    proxy_handshake_init(exchange, request);
    CLAIM(exchange->out_length);
    for (*taken = 0; *taken < input->left && progress == PROXY_ASKS;) {
        size_t n = input->left - *taken < piece ? input->left - *taken : piece, used;
        unsigned char *bytes = malloc(n);

        CLAIM(bytes);
        memcpy(bytes, input->bytes + *taken, n);
        progress = proxy_handshake_feed(exchange, bytes, n, &used);
        CLAIM(progress == exchange->progress);
        CLAIM(used <= n && (progress != PROXY_ASKS || used == n));
        *taken += used;
        free(bytes);
    }
}

static void claim_safe(const char *reason, const char *password)
{
    CLAIM(*reason && (!password || !strstr(reason, password)));
    for (; *reason; reason++)
        CLAIM((unsigned char)*reason >= ' ' && *reason != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct proxy_exchange whole, pieces;
    struct data input = {data, size};
    const struct proxy_request *request =
        &requests[input_byte(&input) % (sizeof requests / sizeof *requests)];
    size_t piece = input_byte(&input) + 1U, at_once, cut;

    feed(&whole, request, &input, SIZE_MAX, &at_once);
    feed(&pieces, request, &input, piece, &cut);
    CLAIM(whole.progress == pieces.progress && at_once == cut);
    CLAIM(whole.out_length == pieces.out_length && whole.out_length <= PROXY_OUT);
    CLAIM(!memcmp(whole.out, pieces.out, whole.out_length));
    if (whole.progress == PROXY_FAILED) {
        CLAIM(!strcmp(whole.reason, pieces.reason));
        claim_safe(whole.reason, request->password);
    }
    return 0;
}
