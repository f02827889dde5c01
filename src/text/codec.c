/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/codec.h"

#include <stdio.h>
#include <string.h>

#include "text/decoder.h"
#include "text/encoder.h"
#include "text/line_end.h"
#include "text/telnet.h"
#include "text/utf8.h"

enum {
    REPLACEMENT = 0xFFFD,
    BYTE_ORDER_MARK = 0xFEFF,
    SAFE = 64, /* more than a character becomes on a terminal */
};

/* The result of a stage. */
enum stage { STAGE_GOES_ON = 0, STAGE_FULL = -1, STAGE_STOPS = -2 };

static bool converts(const struct codec_plan *plan)
{
    return plan->from != plan->to || (plan->from && (plan->text.checked || plan->safe));
}

void codec_init(struct codec *codec, const struct codec_plan *plan)
{
    *codec = (struct codec){.plan = *plan};
    if (!converts(plan))
        codec->plan.from = codec->plan.to = NULL;
}

bool codec_is_identity(const struct codec_plan *plan)
{
    return !converts(plan) && plan->text.eol == EOL_AS_IS && !plan->text.doubles_ff;
}

/* Whether the text goes by character: onto a terminal, or between two charsets. Otherwise one side
 * is UTF-8. */
static bool is_stepped(const struct codec_plan *plan)
{
    return plan->safe || !(charset_is_utf8(plan->from) || charset_is_utf8(plan->to));
}

/* ---- output ---- */

/* n bytes were written behind the output. */
static enum stage note_given(struct codec *codec, size_t n, struct buf *out)
{
    ssize_t more = codec->plan.text.doubles_ff ? buf_double(out, n, TELNET_IAC) : 0;

    if (more < 0)
        return STAGE_FULL;
    codec->given += n + (size_t)more;
    return STAGE_GOES_ON;
}

static enum stage put(struct codec *codec, const void *bytes, size_t n, struct buf *out)
{
    if (buf_append(out, bytes, n) < 0)
        return STAGE_FULL;
    return note_given(codec, n, out);
}

static enum stage put_line_end(struct codec *codec, struct buf *out)
{
    const char *end = text_options_line_end(codec->plan.text.eol, codec->after_cr);

    codec->after_cr = false;
    return put(codec, end, strlen(end), out);
}

/* Puts a replacement, which the target has. */
static enum stage put_replacement(struct codec *codec, const char *text, struct buf *out)
{
    unsigned char bytes[64];
    struct pass pass = {.from = (const unsigned char *)text, .to = bytes, .last = true};

    pass.end = pass.from + strlen(text);
    pass.full = bytes + sizeof bytes;
    (void)encoder_pass(codec->plan.to, &pass);
    return put(codec, bytes, (size_t)(pass.to - bytes), out);
}

static const char *replacement(const struct codec *codec)
{
    return encoder_length(codec->plan.to, REPLACEMENT) ? "\xEF\xBF\xBD" : "?";
}

/* ---- faults ---- */

static uint64_t wire_offset(const struct codec *codec)
{
    return codec->plan.wire == WIRE_IS_OUTPUT ? codec->given : codec->taken;
}

static enum stage mend_unencodable(struct codec *codec, uint32_t scalar, struct buf *out)
{
    struct codec_faults *faults = &codec->faults;
    char mend[16];

    if (scalar == BYTE_ORDER_MARK && !codec->taken) /* it says nothing in a charset without it */
        return STAGE_GOES_ON;
    if (!faults->unencodable++) {
        faults->unencodable_at = wire_offset(codec);
        faults->unencodable_first = scalar;
    }
    if (codec->plan.text.bad == BAD_STOP)
        return STAGE_STOPS;
    codec->after_cr = false;
    snprintf(mend, sizeof mend, "%s", replacement(codec));
    if (codec->plan.text.bad == BAD_ESCAPE)
        snprintf(mend, sizeof mend, "\\u{%X}", (unsigned)scalar);
    return put_replacement(codec, mend, out);
}

/* ---- by character: between two charsets, or onto a terminal ---- */

/* Puts whole characters in the target. One that the target may write together with the next one is
 * held until that is there (Big5: Ê and U+0304). */
static enum stage put_encoded(struct codec *codec, const unsigned char *text, size_t n, bool last,
                              struct buf *out)
{
    unsigned char joined[CODEC_HELD + SAFE];
    struct pass pass = {.from = joined, .end = joined + codec->held_length + n, .last = last};
    enum pass_stop stop = PASS_DONE;

    memcpy(joined, codec->held, codec->held_length);
    memcpy(joined + codec->held_length, text, n);
    codec->held_length = 0;
    while (pass.from < pass.end && stop != PASS_CUT) {
        unsigned char bytes[2 * sizeof joined];
        enum stage stage;

        pass.to = bytes;
        pass.full = bytes + sizeof bytes;
        stop = encoder_pass(codec->plan.to, &pass);
        stage = put(codec, bytes, (size_t)(pass.to - bytes), out);
        if (stage == STAGE_GOES_ON && stop == PASS_LACKS) {
            stage = mend_unencodable(codec, pass.scalar, out);
            pass.from += pass.length;
        }
        if (stage != STAGE_GOES_ON)
            return stage;
    }
    codec->held_length = (unsigned char)(pass.end - pass.from);
    memcpy(codec->held, pass.from, codec->held_length);
    return STAGE_GOES_ON;
}

/* Puts the safe form of characters, where that is wanted, in the target. */
static enum stage put_text(struct codec *codec, const void *text, size_t n, bool last,
                           struct buf *out)
{
    unsigned char storage[SAFE];
    struct buf safe = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};

    if (!codec->plan.safe)
        return put_encoded(codec, text, n, last, out);
    if (safetext_push(&codec->safetext, text, n, last, &safe) < 0)
        return STAGE_FULL;
    return put_encoded(codec, storage, safe.end, last, out);
}

static enum stage mend_undecodable(struct codec *codec, const unsigned char *bad, size_t n,
                                   struct buf *out)
{
    char mend[4 * (CODEC_KEPT + 1) + 1];

    if (!codec->faults.undecodable++)
        codec->faults.undecodable_at = wire_offset(codec);
    if (codec->plan.text.bad == BAD_STOP)
        return STAGE_STOPS;
    codec->after_cr = false;
    snprintf(mend, sizeof mend, "%s", replacement(codec));
    for (size_t i = 0; codec->plan.text.bad == BAD_ESCAPE && i < n; i++)
        snprintf(mend + 4 * i, 5, "\\x%02X", bad[i]);
    return is_stepped(&codec->plan) ? put_text(codec, mend, strlen(mend), false, out)
                                    : put_replacement(codec, mend, out);
}

static enum stage put_character(struct codec *codec, const struct table_char *what, struct buf *out)
{
    unsigned char text[2 * UTF8_MAX];
    size_t n = utf8_put(what->scalar, text);

    if (what->scalar == '\n' && !codec->plan.safe) {
        enum stage stage = put_encoded(codec, (const unsigned char *)"", 0, true, out);
        return stage == STAGE_GOES_ON ? put_line_end(codec, out) : stage;
    }
    codec->after_cr = what->scalar == '\r';
    if (what->second)
        n += utf8_put(what->second, text + n);
    return put_text(codec, text, n, false, out);
}

/* Goes on up to the end, a fault or a cut, as a pass does. */
static enum stage step(struct codec *codec, struct pass *pass, enum pass_stop *stop,
                       struct buf *out)
{
    *stop = PASS_DONE;
    while (pass->from < pass->end) {
        struct table_char next =
            decoder_next(codec->plan.from, pass->from, (size_t)(pass->end - pass->from));
        enum stage stage;

        if (next.status != TABLE_GOOD) {
            pass->length = next.length;
            *stop = next.status == TABLE_BAD || pass->last ? PASS_BAD : PASS_CUT;
            return STAGE_GOES_ON;
        }
        stage = put_character(codec, &next, out);
        if (stage != STAGE_GOES_ON)
            return stage;
        pass->from += next.length;
        codec->taken += next.length;
    }
    return STAGE_GOES_ON;
}

/* ---- by pass: one side is UTF-8 ---- */

/* One pass into `out`. STAGE_FULL: not one character has room. */
static enum stage convert_once(struct codec *codec, struct pass *pass, enum pass_stop *stop,
                               struct buf *out)
{
    enum { LEAST = 32 }; /* a wide store has room, so that a few bytes go by it as well */
    size_t n = (size_t)(pass->end - pass->from), free = out->cap - buf_length(out);
    size_t room = n + n / 2 + LEAST < free ? n + n / 2 + LEAST : free;
    unsigned char *to = buf_reserve(out, room);
    const unsigned char *from = pass->from;

    if (!to)
        return STAGE_FULL;
    pass->to = to;
    pass->full = to + room;
    *stop = charset_is_utf8(codec->plan.from) ? encoder_pass(codec->plan.to, pass)
                                              : decoder_pass(codec->plan.from, pass);
    if (pass->to > to)
        codec->after_cr = pass->from[-1] == '\r';
    codec->taken += (size_t)(pass->from - from);
    buf_commit(out, (size_t)(pass->to - to));
    if (*stop == PASS_FULL && pass->from == from)
        return STAGE_FULL;
    return note_given(codec, (size_t)(pass->to - to), out);
}

/* Copies bytes up to a line end: without charsets nothing else is looked at. */
static enum stage copy_once(struct codec *codec, struct pass *pass, enum pass_stop *stop,
                            struct buf *out)
{
    size_t n = (size_t)(pass->end - pass->from);
    const unsigned char *lf = pass->stops_at_lf ? memchr(pass->from, '\n', n) : NULL;

    *stop = lf ? PASS_LF : PASS_DONE;
    n = lf ? (size_t)(lf - pass->from) : n;
    if (n)
        codec->after_cr = pass->from[n - 1] == '\r';
    pass->from += n;
    pass->length = 1;
    return put(codec, pass->from - n, n, out);
}

/* ---- a push ---- */

/* Replaces the input at which a pass stopped. */
static enum stage mend(struct codec *codec, struct pass *pass, enum pass_stop stop, struct buf *out)
{
    enum stage stage = STAGE_GOES_ON;

    if (stop == PASS_LF)
        stage = put_line_end(codec, out);
    else if (stop == PASS_BAD)
        stage = mend_undecodable(codec, pass->from, pass->length, out);
    else if (stop == PASS_LACKS)
        stage = mend_unencodable(codec, pass->scalar, out);
    else
        return STAGE_GOES_ON;
    pass->from += pass->length;
    codec->taken += pass->length;
    return stage;
}

/* Converts up to the end, or to a character that is cut. */
static enum stage convert(struct codec *codec, struct pass *pass, struct buf *out)
{
    while (pass->from < pass->end) {
        enum pass_stop stop;
        enum stage stage;

        if (!codec->plan.from)
            stage = copy_once(codec, pass, &stop, out);
        else if (is_stepped(&codec->plan))
            stage = step(codec, pass, &stop, out);
        else
            stage = convert_once(codec, pass, &stop, out);
        if (stage == STAGE_GOES_ON)
            stage = mend(codec, pass, stop, out);
        if (stage != STAGE_GOES_ON)
            return stage;
        if (stop == PASS_CUT)
            break;
    }
    return STAGE_GOES_ON;
}

/* Converts the kept bytes together with new ones, which join them one by one. */
static enum stage convert_joined(struct codec *codec, struct pass *pass, struct buf *out)
{
    unsigned char joined[CODEC_KEPT + 1];
    size_t kept = codec->kept_length;
    enum stage stage = STAGE_GOES_ON;

    memcpy(joined, codec->kept, kept);
    while (kept && stage == STAGE_GOES_ON) {
        struct pass both = {.from = joined, .stops_at_lf = pass->stops_at_lf};

        if (pass->from == pass->end && !pass->last)
            break;
        if (pass->from < pass->end)
            joined[kept++] = *pass->from++;
        both.end = joined + kept;
        both.last = pass->last && pass->from == pass->end;
        stage = convert(codec, &both, out);
        kept = (size_t)(both.end - both.from);
        memmove(joined, both.from, kept);
    }
    memcpy(codec->kept, joined, kept);
    codec->kept_length = (unsigned char)kept;
    return stage;
}

static enum stage push(struct codec *codec, struct pass *pass, struct buf *out)
{
    enum stage stage = convert_joined(codec, pass, out);

    if (stage != STAGE_GOES_ON || codec->kept_length)
        return stage;
    codec->taken += codec->skipped;
    codec->skipped = 0;
    stage = convert(codec, pass, out);
    if (stage != STAGE_GOES_ON)
        return stage;
    codec->kept_length = (unsigned char)(pass->end - pass->from);
    memcpy(codec->kept, pass->from, codec->kept_length);
    if (!pass->last || !codec->plan.from || !is_stepped(&codec->plan))
        return STAGE_GOES_ON;
    return put_text(codec, "", 0, true, out);
}

/* The CR of a CR LF goes with it, unless it is sent. */
static enum stage push_lines(struct codec *codec, struct line_end_input input, struct buf *out)
{
    enum codec_eol eol = codec->plan.text.eol;
    bool drops_cr = eol == EOL_LF || eol == EOL_NONE, goes_on = true;
    struct line_end_run run = {input.bytes, input.n, input.last, 0};
    enum stage stage = STAGE_GOES_ON;

    while (stage == STAGE_GOES_ON && goes_on &&
           (!drops_cr || line_end_next(&codec->holds_cr, &input, &run))) {
        struct pass pass = {.from = run.bytes,
                            .end = run.bytes + run.n,
                            .last = run.last,
                            .stops_at_lf = eol != EOL_AS_IS};

        stage = push(codec, &pass, out);
        codec_skip(codec, run.dropped);
        goes_on = drops_cr;
    }
    return stage;
}

int codec_push(struct codec *codec, const void *bytes, size_t n, bool last, struct buf *out,
               struct err *err)
{
    struct line_end_input input = {bytes, n, last};

    for (size_t i = 0; codec->head_length < sizeof codec->head && i < n; i++)
        codec->head[codec->head_length++] = input.bytes[i];
    switch (push_lines(codec, input, out)) {
    case STAGE_GOES_ON: return 0;
    case STAGE_FULL: return err_memory(err);
    case STAGE_STOPS: return err_set(err, ERR_TEXT, "%s", "");
    }
    return -1;
}

int codec_convert(const struct codec_plan *plan, const void *bytes, size_t n, struct buf *out,
                  struct err *err)
{
    struct codec codec;

    codec_init(&codec, plan);
    return codec_push(&codec, bytes, n, true, out, err);
}
