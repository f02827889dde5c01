/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/readings_tee.h"

#include <stdlib.h>
#include <string.h>

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
    bool is_cut; /* the last bytes ended within a character: the next ones begin in one */
};

/* ---- sentences ---- */

static void tell(struct event event, const char *sentence)
{
    event.sentence = sentence;
    event_tell(&event);
}

/* `right` is the reading in event.encoding, `wrong` the one in event.former. */
static void tell_right(struct event event, const struct reading *right, const struct reading *wrong)
{
    event.characters = right->characters;
    event.text = right->text;
    event.text_n = strlen(right->text);
    event.name = wrong->text;
    if (wrong->is_valid)
        tell(event, N_("{bytes} bytes are {characters} characters in {encoding}, “{text}”; read as "
                       "{former} they would be “{name}”"));
    else
        tell(event,
             N_("{bytes} bytes are {characters} characters in {encoding}; they are not valid "
                "{former}"));
}

static void tell_readings(const struct readings_tee *tee, struct event event,
                          const struct readings *readings)
{
    const char *other = charset_name(tee->other);

    event.encoding = readings->right == READINGS_OTHER ? other : "UTF-8";
    event.former = readings->right == READINGS_OTHER ? "UTF-8" : other;
    switch (readings->right) {
    case READINGS_UTF8: tell_right(event, &readings->utf8, &readings->other); break;
    case READINGS_OTHER: tell_right(event, &readings->other, &readings->utf8); break;
    case READINGS_NEITHER:
        tell(event, N_("{bytes} bytes are not valid {encoding}, and not valid {former}"));
        break;
    case READINGS_EITHER:
        event.text = readings->utf8.text;
        event.text_n = strlen(readings->utf8.text);
        event.name = readings->other.text;
        tell(event, N_("{bytes} bytes are “{text}” in {encoding} and “{name}” in {former}: so few "
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

    if (right == READINGS_EITHER || right == READINGS_NEITHER || tee->plan->finds_out)
        return;
    event.encoding = is_utf8 ? "UTF-8" : charset_name(tee->other);
    event.former = given ? charset_name(given) : "UTF-8";
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

static void look(struct readings_tee *tee, const unsigned char *bytes, size_t n)
{
    struct readings readings;
    struct event event = {.kind = EVENT_NOTE,
                          .level = EVENT_EXPLAINED,
                          .peer = stream_label(tee->observer.inner),
                          .how = "encoding",
                          .direction = "in",
                          .bytes = n};

    readings_take(&readings, tee->other, bytes, n);
    tee->is_cut = readings.is_cut;
    if (readings.is_ascii || (tee->has_told && tee->told == readings.right))
        return;
    tee->has_told = true;
    tee->told = readings.right;
    tell_readings(tee, event, &readings);
    tell_consequence(tee, event, readings.right);
}

static void tee_passed(struct observer *observer, unsigned way, const struct iovec *iov, size_t n)
{
    struct readings_tee *tee = (struct readings_tee *)observer;

    (void)way;
    if (event_explains && !tee->other)
        tee->other = open_other(tee->plan);
    for (; n && event_explains && tee->other; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;
        const unsigned char *bytes = iov->iov_base, *end = bytes + piece;
        const unsigned char *line = tee->is_cut ? memchr(bytes, '\n', piece) : bytes;

        if (line && line < end)
            look(tee, line, (size_t)(end - line));
        n -= piece;
    }
}

static void tee_closed(struct observer *observer)
{
    free(observer);
}

struct stream *readings_tee_new(struct stream *stream, const struct readings_plan *plan,
                                struct err *err)
{
    static const struct observer_ops ops = {.passed = tee_passed, .closed = tee_closed};
    struct readings_tee *tee = observer_new(sizeof *tee, stream, &ops, STREAM_IN, err);

    if (!tee) {
        stream_close(stream, STREAM_ABORT);
        return NULL;
    }
    tee->plan = plan;
    return &tee->observer.stream;
}
