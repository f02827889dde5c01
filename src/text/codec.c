/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/codec.h"

#include <stdio.h>
#include <string.h>

#include "text/encoder.h"
#include "text/utf8.h"

enum { TEXT_CAP = 1 << 20 }; /* decoded text of one push */

/* The result of a stage. */
enum stage { STAGE_GOES_ON = 0, STAGE_FULL = -1, STAGE_STOPS = -2 };

static bool converts(const struct codec_plan *plan)
{
    return plan->from != plan->to || (plan->from && (plan->text.checked || plan->safe));
}

static const char *replacement_in(struct charset *charset)
{
    static const char sign[] = "\xEF\xBF\xBD"; /* U+FFFD */
    unsigned char storage[32];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    size_t used;

    return encoder_push(charset, sign, 3, &out, &used) == TEXT_DONE ? sign : "?";
}

void codec_init(struct codec *codec, const struct codec_plan *plan)
{
    *codec = (struct codec){.plan = *plan};
    buf_init(&codec->text, TEXT_CAP);
    if (!converts(plan)) {
        codec->plan.from = codec->plan.to = NULL;
        return;
    }
    decoder_init(&codec->decoder, plan->from);
    codec->replacement = replacement_in(plan->to);
}

void codec_fini(struct codec *codec)
{
    buf_fini(&codec->text);
}

bool text_options_same(struct text_options a, struct text_options b)
{
    return a.eol == b.eol && a.bad == b.bad && a.checked == b.checked;
}

bool codec_is_identity(const struct codec_plan *plan)
{
    return !converts(plan) && plan->text.eol == EOL_AS_IS;
}

static enum stage put(struct codec *codec, const void *bytes, size_t n, struct buf *out)
{
    if (buf_append(out, bytes, n) < 0)
        return STAGE_FULL;
    codec->given += n;
    return STAGE_GOES_ON;
}

/* ---- offsets on the wire ---- */

/* A piece of input, up to the next fault or the end of the push. */
struct piece {
    struct decoder before; /* the decoder in front of the piece */
    const unsigned char *bytes;
    size_t n;
    uint64_t offset; /* of the piece, without kept bytes */
    bool last;
};

/* The place of decoded text: a piece, and a position in the decoded piece. */
struct place {
    const struct piece *piece;
    size_t position;
    bool stays; /* the text is the safe form of the one character there */
};

static void advance(struct place *place, size_t n)
{
    if (!place->stays)
        place->position += n;
}

/* The offset in the input of decoded text: decodes the piece again into a buffer that ends there.
 * Only the first fault of a conversation needs it. */
static uint64_t input_offset(const struct place *place)
{
    const struct piece *piece = place->piece;
    struct decoder again = piece->before;
    struct buf text;
    size_t used;

    buf_init(&text, place->position);
    decoder_push(&again, piece->bytes, piece->n, piece->last, &text, &used);
    buf_fini(&text);
    return piece->offset + used - again.kept_length;
}

static uint64_t wire_offset(const struct codec *codec, const struct place *place)
{
    return codec->plan.wire == WIRE_IS_OUTPUT ? codec->given : input_offset(place);
}

/* ---- UTF-8 text to the target charset ---- */

/* Replaces a character that the target lacks. */
static enum stage mend_unencodable(struct codec *codec, uint32_t scalar, struct buf *out)
{
    char mend[16];
    size_t used, length = buf_length(out);

    if (codec->plan.text.bad == BAD_STOP)
        return STAGE_STOPS;
    if (codec->plan.text.bad == BAD_ESCAPE)
        snprintf(mend, sizeof mend, "\\u{%X}", (unsigned)scalar);
    else
        snprintf(mend, sizeof mend, "%s", codec->replacement);
    switch (encoder_push(codec->plan.to, mend, strlen(mend), out, &used)) {
    case TEXT_DONE: break;
    case TEXT_BAD: return put(codec, mend, strlen(mend), out); /* a variant without '\\' */
    case TEXT_FULL: return STAGE_FULL;
    }
    codec->given += buf_length(out) - length;
    return STAGE_GOES_ON;
}

static void note_unencodable(struct codec *codec, uint32_t scalar, const struct place *place)
{
    struct codec_faults *faults = &codec->faults;

    if (faults->unencodable++)
        return;
    faults->unencodable_at = wire_offset(codec, place);
    faults->unencodable_first = scalar;
}

static enum stage encode(struct codec *codec, const unsigned char *text, size_t n,
                         struct place place, struct buf *out)
{
    while (n) {
        size_t length = buf_length(out), used;
        enum text_status status = encoder_push(codec->plan.to, text, n, out, &used);

        codec->given += buf_length(out) - length;
        if (status == TEXT_FULL)
            return STAGE_FULL;
        advance(&place, used);
        if (status == TEXT_BAD) {
            struct utf8_char what = utf8_next(text + used, n - used);
            enum stage stage;

            note_unencodable(codec, what.scalar, &place);
            stage = mend_unencodable(codec, what.scalar, out);
            if (stage != STAGE_GOES_ON)
                return stage;
            used += what.length;
            advance(&place, what.length);
        }
        text += used;
        n -= used;
    }
    return STAGE_GOES_ON;
}

/* ---- safe display ---- */

/* Goes character by character, so that each keeps its place; a terminal is no faster. */
static enum stage display(struct codec *codec, const unsigned char *text, size_t n,
                          struct place place, struct buf *out)
{
    unsigned char storage[64]; /* more than the safe form of a character */
    struct utf8_char next;

    place.stays = true;
    while (utf8_take(&text, &n, &next)) {
        struct buf safe = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
        enum stage stage;

        if (safetext_push(&codec->safetext, next.bytes, next.length, false, &safe) < 0)
            return STAGE_FULL;
        stage = encode(codec, storage, safe.end, place, out);
        if (stage != STAGE_GOES_ON)
            return stage;
        place.position += next.length;
    }
    return STAGE_GOES_ON;
}

static enum stage end_display(struct codec *codec, struct buf *out)
{
    unsigned char storage[64];
    struct buf safe = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};

    if (safetext_push(&codec->safetext, "", 0, true, &safe) < 0)
        return STAGE_FULL;
    return put(codec, storage, safe.end, out); /* safetext holds back only ASCII */
}

/* ---- line ends ---- */

static enum stage emit(struct codec *codec, const unsigned char *text, size_t n, struct place place,
                       struct buf *out)
{
    if (!n)
        return STAGE_GOES_ON;
    codec->after_cr = text[n - 1] == '\r';
    if (codec->plan.safe)
        return display(codec, text, n, place, out);
    return codec->plan.to ? encode(codec, text, n, place, out) : put(codec, text, n, out);
}

/* The byte LF is the character LF in every charset. */
static enum stage emit_lines(struct codec *codec, const unsigned char *text, size_t n,
                             struct place place, struct buf *out)
{
    const unsigned char *start = text, *end = text + n;

    while (codec->plan.text.eol == EOL_CRLF && text < end) {
        const unsigned char *lf = memchr(text, '\n', (size_t)(end - text));
        struct place here = {.piece = place.piece,
                             .position = place.position + (size_t)(text - start)};
        enum stage stage;

        if (!lf)
            break;
        stage = emit(codec, text, (size_t)(lf - text), here, out);
        if (stage == STAGE_GOES_ON)
            stage = put(codec, codec->after_cr ? "\n" : "\r\n", codec->after_cr ? 1 : 2, out);
        if (stage != STAGE_GOES_ON)
            return stage;
        codec->after_cr = false;
        text = lf + 1;
    }
    place.position += (size_t)(text - start);
    return emit(codec, text, (size_t)(end - text), place, out);
}

/* ---- input to UTF-8 text ---- */

/* Replaces a fault by text that the target has, so that no fault counts twice. */
static enum stage mend_undecodable(struct codec *codec, uint64_t input_at, struct buf *out)
{
    char mend[4 * DECODER_KEPT + 1];
    struct place nowhere = {0};

    if (!codec->faults.undecodable++)
        codec->faults.undecodable_at = codec->plan.wire == WIRE_IS_OUTPUT ? codec->given : input_at;
    if (codec->plan.text.bad == BAD_STOP)
        return STAGE_STOPS;
    snprintf(mend, sizeof mend, "%s", codec->replacement);
    if (codec->plan.text.bad == BAD_ESCAPE)
        for (unsigned i = 0; i < codec->decoder.bad_length; i++)
            snprintf(mend + 4 * i, 5, "\\x%02X", codec->decoder.bad[i]);
    return emit(codec, (const unsigned char *)mend, strlen(mend), nowhere, out);
}

/* Converts up to the first fault, or the end, and takes *used bytes. *more: after a fault. */
static enum stage push_piece(struct codec *codec, const struct piece *piece, size_t *used,
                             bool *more, struct buf *out)
{
    enum text_status status =
        decoder_push(&codec->decoder, piece->bytes, piece->n, piece->last, &codec->text, used);
    size_t length = buf_length(&codec->text);
    struct place place = {.piece = piece};
    enum stage stage = emit_lines(codec, buf_bytes(&codec->text), length, place, out);

    *more = status == TEXT_BAD;
    buf_consume(&codec->text, length);
    if (stage != STAGE_GOES_ON || status == TEXT_DONE)
        return stage;
    if (status == TEXT_FULL)
        return STAGE_FULL;
    return mend_undecodable(
        codec, piece->offset + *used - codec->decoder.kept_length - codec->decoder.bad_length, out);
}

static enum stage convert(struct codec *codec, const unsigned char *bytes, size_t n, bool last,
                          struct buf *out)
{
    enum stage stage;
    bool more;

    do {
        struct piece piece = {codec->decoder, bytes, n, codec->taken, last};
        size_t used = 0;

        stage = push_piece(codec, &piece, &used, &more, out);
        codec->taken += used;
        bytes += used;
        n -= used;
    } while (stage == STAGE_GOES_ON && more);
    if (stage == STAGE_GOES_ON && last && codec->plan.safe)
        stage = end_display(codec, out);
    return stage;
}

int codec_push(struct codec *codec, const void *bytes, size_t n, bool last, struct buf *out,
               struct err *err)
{
    struct place nowhere = {0};

    switch (codec->plan.from ? convert(codec, bytes, n, last, out)
                             : emit_lines(codec, bytes, n, nowhere, out)) {
    case STAGE_GOES_ON: return 0;
    case STAGE_FULL: return err_memory(err);
    case STAGE_STOPS: return err_set(err, ERR_TEXT, "%s", "");
    }
    return -1;
}
