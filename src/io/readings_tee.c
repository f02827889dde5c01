/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/readings_tee.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/event.h"
#include "base/language.h"
#include "io/observer.h"
#include "text/readings.h"

struct readings_tee {
    struct observer observer;
    const struct readings_plan *plan;
    struct charset *other; /* NULL: not opened yet */
    bool has_told;
    enum readings_right told;
    struct buf kept; /* what a character that is not whole leaves open */
};

enum { LABEL = 256, KEPT = 64, CAP = 1 << 20 };

/* ---- sentences ---- */

static void tell(struct event event, const char *sentence)
{
    event.sentence = sentence;
    event_tell(&event);
}

static void tell_counted(struct event event, size_t counted, const char *one, const char *many)
{
    event.sentences = many;
    event.counted = counted;
    tell(event, one);
}

static void tell_utf8(struct event event, const struct reading *utf8, const struct reading *other)
{
    event.encoding = "UTF-8";
    event.characters = utf8->characters;
    event.as_utf8 = utf8->text;
    event.as_other = other->is_valid ? other->text : NULL;
    if (other->is_valid)
        tell_counted(event, utf8->characters,
                     NN_("{bytes} bytes are {characters} character in UTF-8, “{as_utf8}”; read as "
                         "{other} they would be “{as_other}”",
                         "{bytes} bytes are {characters} characters in UTF-8, “{as_utf8}”; read as "
                         "{other} they would be “{as_other}”"));
    else
        tell_counted(
            event, utf8->characters,
            NN_("{bytes} bytes are {characters} character in UTF-8, “{as_utf8}”; they are "
                "not valid {other}",
                "{bytes} bytes are {characters} characters in UTF-8, “{as_utf8}”; they are "
                "not valid {other}"));
}

static void tell_other(struct event event, const struct reading *other)
{
    event.encoding = event.other;
    event.characters = other->characters;
    event.as_other = other->text;
    if (event.bytes == 1)
        tell(event, N_("{bytes} byte is {characters} character in {other}; it is not valid UTF-8"));
    else
        tell_counted(event, other->characters,
                     NN_("{bytes} bytes are {characters} character in {other}; they are not valid "
                         "UTF-8",
                         "{bytes} bytes are {characters} characters in {other}; they are not valid "
                         "UTF-8"));
}

static void tell_readings(struct event event, const struct readings *readings)
{
    switch (readings->right) {
    case READINGS_UTF8: tell_utf8(event, &readings->utf8, &readings->other); break;
    case READINGS_OTHER: tell_other(event, &readings->other); break;
    case READINGS_NEITHER:
        tell_counted(event, event.bytes,
                     NN_("{bytes} byte is not valid UTF-8, and not valid {other}",
                         "{bytes} bytes are not valid UTF-8, and not valid {other}"));
        break;
    case READINGS_EITHER:
    case READINGS_UNFINISHED:
        event.as_utf8 = readings->utf8.text;
        event.as_other = readings->other.text;
        tell(event, N_("{bytes} bytes are “{as_utf8}” in UTF-8 and “{as_other}” in {other}: so few "
                       "may be either"));
        break;
    }
}

/* A wrong charset is the reason for strange characters. */
static void tell_consequence(const struct readings_tee *tee, struct event event,
                             enum readings_right right)
{
    struct charset *given = tee->plan->given;
    bool is_utf8 = right == READINGS_UTF8;

    if ((!is_utf8 && right != READINGS_OTHER) || tee->plan->finds_out)
        return;
    event.encoding = is_utf8 ? "UTF-8" : event.other;
    event.former = given ? charset_name(given) : NULL;
    event.how = "misread";
    if (given && charset_is_utf8(given) != is_utf8)
        tell(event, N_("they are read as {former} here, hence strange characters; -e {encoding} "
                       "reads them right"));
    else if (!given && !is_utf8)
        tell(event, N_("they pass as they are; what reads them as UTF-8 shows strange characters, "
                       "and -e {encoding} converts them"));
}

/* ---- the observer ---- */

static struct charset *open_other(const struct readings_plan *plan)
{
    if (plan->given && !charset_is_utf8(plan->given))
        return plan->given;
    return charset_find(plan->charsets, plan->legacy(), NULL);
}

/* Text that may be either is no news beside a clear answer. */
static bool is_news(const struct readings_tee *tee, const struct readings *readings)
{
    return !readings->is_ascii &&
           !(tee->has_told && (tee->told == readings->right || readings->right == READINGS_EITHER ||
                               readings->right == READINGS_UNFINISHED));
}

static void tell_news(struct readings_tee *tee, const struct readings *readings, size_t n)
{
    char local[LABEL] = "";
    struct event event = {.kind = EVENT_NOTE,
                          .level = EVENT_EXPLAINED,
                          .peer = stream_label(tee->observer.inner),
                          .how = "encoding",
                          .direction = "in",
                          .other = charset_name(tee->other),
                          .bytes = n};

    if (tee->plan->locate)
        event.fd = tee->plan->locate(tee->observer.inner, local, sizeof local);
    event.local = *local ? local : NULL;
    tee->has_told = true;
    tee->told = readings->right;
    tell_readings(event, readings);
    tell_consequence(tee, event, readings->right);
}

/* Returns how many bytes at the end have to wait for what follows. */
static size_t judge(struct readings_tee *tee, const unsigned char *bytes, size_t n, bool is_whole)
{
    size_t shown = n && bytes[n - 1] == '\r' ? n - 1 : n, ascii = 0, unfinished;
    struct readings readings;

    while (ascii < shown && bytes[ascii] < 0x80)
        ascii++;
    readings_take(&readings, tee->other, bytes, shown, is_whole);
    if (readings.right == READINGS_UNFINISHED && shown - ascii <= KEPT)
        return n - ascii;
    unfinished = readings_unfinished(&readings);
    if (is_news(tee, &readings))
        tell_news(tee, &readings, shown - unfinished);
    return unfinished ? n - (shown - unfinished) : 0;
}

/* Without memory a character that is cut gives no evidence either. */
static void take_piece(struct readings_tee *tee, const unsigned char *bytes, size_t n,
                       bool is_whole)
{
    struct buf *kept = &tee->kept;
    size_t rest;

    if (buf_length(kept) && buf_append(kept, bytes, n) == 0) {
        rest = judge(tee, buf_bytes(kept), buf_length(kept), is_whole);
        buf_consume(kept, buf_length(kept) - rest);
        return;
    }
    rest = judge(tee, bytes, n, is_whole);
    buf_clear(kept);
    if (buf_append(kept, bytes + n - rest, rest) < 0)
        buf_clear(kept);
}

static void take_lines(struct readings_tee *tee, const unsigned char *bytes, size_t n)
{
    const unsigned char *lf;

    while ((lf = memchr(bytes, '\n', n))) {
        take_piece(tee, bytes, (size_t)(lf - bytes), true);
        n -= (size_t)(lf + 1 - bytes);
        bytes = lf + 1;
    }
    if (n)
        take_piece(tee, bytes, n, false);
}

static void tee_passed(struct observer *observer, unsigned way, const struct iovec *iov, size_t n)
{
    struct readings_tee *tee = (struct readings_tee *)observer;

    (void)way;
    if (event_explains && !tee->other)
        tee->other = open_other(tee->plan);
    for (; n && event_explains && tee->other; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        take_lines(tee, iov->iov_base, piece);
        n -= piece;
    }
}

static void tee_ended(struct observer *observer, unsigned way, bool breaks)
{
    struct readings_tee *tee = (struct readings_tee *)observer;

    (void)way, (void)breaks;
    if (event_explains && buf_length(&tee->kept))
        judge(tee, buf_bytes(&tee->kept), buf_length(&tee->kept), true);
    buf_clear(&tee->kept);
}

static void tee_closed(struct observer *observer)
{
    buf_fini(&((struct readings_tee *)observer)->kept);
    free(observer);
}

struct stream *readings_tee_new(struct stream *stream, const struct readings_plan *plan,
                                struct err *err)
{
    static const struct observer_ops ops = {
        .passed = tee_passed, .ended = tee_ended, .closed = tee_closed};
    struct readings_tee *tee = observer_new(sizeof *tee, stream, &ops, STREAM_IN, err);

    if (!tee) {
        stream_close(stream, STREAM_ABORT);
        return NULL;
    }
    tee->plan = plan;
    buf_init(&tee->kept, CAP);
    return &tee->observer.stream;
}
