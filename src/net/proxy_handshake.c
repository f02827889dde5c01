/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/proxy_handshake.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "net/http_connect.h"
#include "net/socks.h"

/* Bytes that would end the host in a request, and the zone of an address, which is of this machine
 * alone. */
static bool has_foreign_bytes(const char *host)
{
    for (; *host; host++)
        if ((unsigned char)*host <= ' ' || *host == 0x7F || *host == '%')
            return true;
    return false;
}

static int check_login(const struct proxy_request *request, struct err *err)
{
    if (!*request->user || strlen(request->user) > PROXY_LOGIN_PART ||
        strlen(request->password) > PROXY_LOGIN_PART)
        return err_set(err, ERR_USAGE,
                       "the user and the password for a proxy have 1 to %d bytes each",
                       PROXY_LOGIN_PART);
    if (request->kind == PROXY_SOCKS4A && *request->password)
        return err_set(err, ERR_USAGE, "SOCKS4a knows a user but no password; is it socks5://?");
    return 0;
}

int proxy_request_check(const struct proxy_request *request, struct err *err)
{
    unsigned char address[sizeof(struct in6_addr)];
    size_t length = strlen(request->host);

    if (strchr(request->host, ':') && strchr(request->host, '%'))
        return err_set(err, ERR_USAGE,
                       "a proxy cannot be asked for '%s': an interface is of this machine alone",
                       request->host);
    if (!length || length > PROXY_LOGIN_PART || has_foreign_bytes(request->host))
        return err_set(err, ERR_USAGE, "a proxy cannot be asked for '%s'", request->host);
    if (request->kind == PROXY_SOCKS4A && inet_pton(AF_INET6, request->host, address) == 1)
        return err_set(err, ERR_USAGE,
                       "SOCKS4a has no IPv6, so it cannot be asked for '%s'; is it socks5://?",
                       request->host);
    return request->user ? check_login(request, err) : 0;
}

void proxy_handshake_init(struct proxy_exchange *exchange, const struct proxy_request *request)
{
    exchange->request = request;
    exchange->progress = PROXY_ASKS;
    exchange->out_length = 0;
    switch (request->kind) {
    case PROXY_HTTP: http_connect_begin(exchange); break;
    case PROXY_SOCKS5: socks5_begin(exchange); break;
    case PROXY_SOCKS4A: socks4_begin(exchange); break;
    }
}

enum proxy_progress proxy_handshake_feed(struct proxy_exchange *exchange, const void *bytes,
                                         size_t n, size_t *used)
{
    const unsigned char *from = bytes;
    size_t at = 0;

    while (at < n && exchange->progress == PROXY_ASKS) {
        exchange->in[exchange->length++] = from[at++];
        if (exchange->length == exchange->needed)
            exchange->judge(exchange);
    }
    *used = at;
    return exchange->progress;
}
