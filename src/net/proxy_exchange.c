/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/proxy_exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"

void proxy_finish(struct proxy_exchange *exchange)
{
    exchange->progress = PROXY_DONE;
}

void proxy_fail(struct proxy_exchange *exchange, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(exchange->reason, sizeof exchange->reason, language_text(format), arguments);
    va_end(arguments);
    exchange->progress = PROXY_FAILED;
}

void proxy_refuse_login(struct proxy_exchange *exchange)
{
    proxy_fail(exchange, *exchange->request->password
                             ? N_("the proxy refused the user or the password")
                             : N_("the proxy refused the user, who was given no password; write "
                                  "USER:PASS"));
}

void proxy_expect(struct proxy_exchange *exchange, size_t n,
                  void (*judge)(struct proxy_exchange *exchange))
{
    exchange->length = 0;
    exchange->needed = n;
    exchange->judge = judge;
}

void proxy_await(struct proxy_exchange *exchange, size_t n,
                 void (*judge)(struct proxy_exchange *exchange))
{
    exchange->needed = n;
    exchange->judge = judge;
}

void proxy_send(struct proxy_exchange *exchange, const void *bytes, size_t n)
{
    memcpy(exchange->out + exchange->out_length, bytes, n);
    exchange->out_length += n;
}

void proxy_send_byte(struct proxy_exchange *exchange, unsigned byte)
{
    exchange->out[exchange->out_length++] = (unsigned char)byte;
}

void proxy_send_text(struct proxy_exchange *exchange, const char *text)
{
    proxy_send(exchange, text, strlen(text));
}
