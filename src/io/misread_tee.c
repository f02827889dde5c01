/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/misread_tee.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/language.h"
#include "io/observer.h"
#include "text/misread.h"

struct misread_tee {
    struct observer observer;
    struct misread_plan *plan;
    struct misread misread;
};

static void tee_passed(struct observer *observer, unsigned way, const struct iovec *iov, size_t n)
{
    struct misread_tee *tee = (struct misread_tee *)observer;

    (void)way;
    for (; n; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        misread_push(&tee->misread, iov->iov_base, piece);
        n -= piece;
    }
}

/* The charset that the text looks like; NULL: none. */
static struct charset *likelier(const struct misread_plan *plan, const struct misread *misread)
{
    struct charset *other;

    if (!charset_is_utf8(plan->given))
        return misread_is_utf8(misread) ? charset_find(plan->charsets, "utf-8", NULL) : NULL;
    if (!misread_is_no_utf8(misread))
        return NULL;
    other = charset_find(plan->charsets, plan->legacy(), NULL);
    return other && misread_is(misread, other) ? other : NULL;
}

static void tee_closed(struct observer *observer)
{
    struct misread_tee *tee = (struct misread_tee *)observer;
    struct misread_plan *plan = tee->plan;
    const struct charset *other = plan->is_told ? NULL : likelier(plan, &tee->misread);

    if (other)
        event_tell(&(struct event){
            .kind = EVENT_MISREAD,
            .sentence = plan->what
                            ? N_("{source} looks like {encoding}, not {former} (see {advice})")
                            : N_("{source}: what was received looks like {encoding}, not {former} "
                                 "(see {advice})"),
            .peer = stream_label(observer->inner),
            .source = plan->what ? plan->what : stream_label(observer->inner),
            .encoding = charset_name(other),
            .former = charset_name(plan->given),
            .advice = plan->option,
        });
    plan->is_told |= other != NULL;
    free(tee);
}

struct stream *misread_tee_new(struct stream *stream, struct misread_plan *plan, struct err *err)
{
    static const struct observer_ops ops = {.passed = tee_passed, .closed = tee_closed};
    struct misread_tee *tee;

    if (!plan->given)
        return stream;
    tee = observer_new(sizeof *tee, stream, &ops, STREAM_IN, err);
    if (!tee) {
        stream_close(stream, STREAM_ABORT);
        return NULL;
    }
    tee->plan = plan;
    return &tee->observer.stream;
}
