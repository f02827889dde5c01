/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/sum.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/language.h"
#include "io/observer.h"

struct half {
    struct tls_digest *digest;
    uint64_t bytes;
};

struct sum {
    struct observer observer;
    const struct tls_module *module;
    struct half received, sent;
};

static void sum_passed(struct observer *observer, unsigned way, const struct iovec *iov, size_t n)
{
    struct sum *sum = (struct sum *)observer;
    struct half *half = way == STREAM_IN ? &sum->received : &sum->sent;

    half->bytes += n;
    for (; n; iov++) {
        size_t some = iov->iov_len < n ? iov->iov_len : n;

        sum->module->digest_add(half->digest, iov->iov_base, some);
        n -= some;
    }
}

static void tell(struct sum *sum, struct half *half, const char *direction,
                 const char *const counted[2])
{
    char text[TLS_DIGEST];

    sum->module->digest_end(half->digest, text);
    event_tell(&(struct event){.kind = EVENT_SUM,
                               .sentence = counted[0],
                               .sentences = counted[1],
                               .counted = half->bytes,
                               .peer = stream_label(sum->observer.inner),
                               .direction = direction,
                               .bytes = half->bytes,
                               .sha256 = text});
}

static void sum_closed(struct observer *observer)
{
    static const char *const received[2] = {
        NN_("{peer}: {bytes} byte received, SHA-256 {sha256}",
            "{peer}: {bytes} bytes received, SHA-256 {sha256}")};
    static const char *const sent[2] = {NN_("{peer}: {bytes} byte sent, SHA-256 {sha256}",
                                            "{peer}: {bytes} bytes sent, SHA-256 {sha256}")};
    struct sum *sum = (struct sum *)observer;

    tell(sum, &sum->received, "in", received);
    tell(sum, &sum->sent, "out", sent);
    free(sum);
}

static const struct observer_ops sum_ops = {.passed = sum_passed, .closed = sum_closed};

static void give_up(struct half *half, const struct tls_module *module)
{
    if (half->digest)
        module->digest_end(half->digest, NULL);
}

struct stream *sum_new(struct stream *inner, const struct tls_module *module, struct err *err)
{
    struct half received = {.digest = module ? module->digest_new() : NULL};
    struct half sent = {.digest = module ? module->digest_new() : NULL};
    struct sum *sum = NULL;

    if (!module)
        return inner;
    if (received.digest && sent.digest)
        sum = observer_new(sizeof *sum, inner, &sum_ops, STREAM_IN | STREAM_OUT, err);
    else
        err_memory(err);
    if (!sum) {
        give_up(&received, module);
        give_up(&sent, module);
        stream_close(inner, STREAM_ABORT);
        return NULL;
    }
    sum->module = module;
    sum->received = received;
    sum->sent = sent;
    return &sum->observer.stream;
}
