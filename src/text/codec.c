#include "text/codec.h"

#include <string.h>

#include "text/utf8.h"

enum { TEXT_CAP = 1 << 20 }; /* decoded text of one push */

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

void codec_init(struct codec *codec, const struct codec_plan *plan)
{
    *codec = (struct codec){.plan = *plan};
    buf_init(&codec->text, TEXT_CAP);
    if (plan->from == plan->to)
        codec->plan.from = codec->plan.to = NULL;
    else
        decoder_init(&codec->decoder, plan->from);
}

void codec_fini(struct codec *codec)
{
    buf_fini(&codec->text);
}

bool codec_is_identity(const struct codec_plan *plan)
{
    return plan->from == plan->to && !plan->crlf;
}

static int put(struct codec *codec, const void *bytes, size_t n, struct buf *out)
{
    if (buf_append(out, bytes, n) < 0)
        return -1;
    codec->given += n;
    return 0;
}

/* ---- the piece of input in hand, to find where on the wire something stood ---- */

struct piece {
    struct decoder before; /* the decoder as it met the piece */
    const unsigned char *bytes;
    size_t n;
    uint64_t offset; /* of the piece, kept bytes not counted */
    bool last;
};

/* Where in the input the text byte at `position` came from: the piece is decoded once more into a
 * buffer that ends there. Only the first fault of a run asks. */
static uint64_t input_offset(const struct piece *piece, size_t position)
{
    struct decoder again = piece->before;
    struct buf text;
    size_t used;

    buf_init(&text, position);
    decoder_push(&again, piece->bytes, piece->n, piece->last, &text, &used);
    buf_fini(&text);
    return piece->offset + used - again.kept_length;
}

static uint64_t wire_offset(const struct codec *codec, const struct piece *piece, size_t position)
{
    return codec->plan.wire == WIRE_IS_OUTPUT ? codec->given : input_offset(piece, position);
}

/* ---- UTF-8 text to the target charset ---- */

static int replace_unencodable(struct codec *codec, struct utf8_char what, uint64_t at,
                               struct buf *out)
{
    struct codec_faults *faults = &codec->faults;
    size_t used;
    uint64_t length = buf_length(out);

    if (!faults->unencodable++) {
        faults->unencodable_at = at;
        faults->unencodable_first = what.scalar;
    }
    if (charset_encode(codec->plan.to, replacement, 3, out, &used) == TEXT_DONE) {
        codec->given += buf_length(out) - length;
        return 0;
    }
    return put(codec, "?", 1, out);
}

static int encode(struct codec *codec, const unsigned char *text, size_t n,
                  const struct piece *piece, struct buf *out)
{
    const unsigned char *start = buf_bytes(&codec->text);
    size_t done = 0;

    while (done < n) {
        uint64_t length = buf_length(out);
        size_t used;
        enum text_status status = charset_encode(codec->plan.to, text + done, n - done, out, &used);

        codec->given += buf_length(out) - length;
        done += used;
        if (status == TEXT_FULL)
            return -1;
        if (status == TEXT_BAD) {
            struct utf8_char what = utf8_next(text + done, n - done);
            uint64_t at = codec->faults.unencodable
                              ? 0
                              : wire_offset(codec, piece, (size_t)(text + done - start));
            if (replace_unencodable(codec, what, at, out) < 0)
                return -1;
            done += what.length;
        }
    }
    return 0;
}

/* ---- line ends ---- */

static int emit(struct codec *codec, const unsigned char *text, size_t n, const struct piece *piece,
                struct buf *out)
{
    if (!n)
        return 0;
    codec->after_cr = text[n - 1] == '\r';
    return codec->plan.to ? encode(codec, text, n, piece, out) : put(codec, text, n, out);
}

/* In every charset that is let in, the byte LF is nothing but LF. */
static int emit_lines(struct codec *codec, const unsigned char *text, size_t n,
                      const struct piece *piece, struct buf *out)
{
    const unsigned char *end = text + n;

    if (!codec->plan.crlf)
        return emit(codec, text, n, piece, out);
    while (text < end) {
        const unsigned char *lf = memchr(text, '\n', (size_t)(end - text));

        if (emit(codec, text, (size_t)((lf ? lf : end) - text), piece, out) < 0)
            return -1;
        if (!lf)
            return 0;
        if (put(codec, "\r\n" + codec->after_cr, 2 - codec->after_cr, out) < 0)
            return -1;
        codec->after_cr = false;
        text = lf + 1;
    }
    return 0;
}

/* ---- the way in ---- */

/* One U+FFFD for what could not be decoded. Where the target lacks it the '?' is that same fault,
 * and is not counted again. */
static int replace_undecodable(struct codec *codec, uint64_t input_at, struct buf *out)
{
    uint64_t length = buf_length(out);
    size_t used;

    codec->after_cr = false;
    if (!codec->faults.undecodable++)
        codec->faults.undecodable_at = codec->plan.wire == WIRE_IS_OUTPUT ? codec->given : input_at;
    if (charset_encode(codec->plan.to, replacement, 3, out, &used) == TEXT_BAD)
        return put(codec, "?", 1, out);
    codec->given += buf_length(out) - length;
    return used == 3 ? 0 : -1;
}

/* Decodes up to the first fault; *used bytes are then done with. */
static enum text_status push_piece(struct codec *codec, const struct piece *piece, size_t *used,
                                   struct buf *out)
{
    enum text_status status =
        decoder_push(&codec->decoder, piece->bytes, piece->n, piece->last, &codec->text, used);
    size_t length = buf_length(&codec->text);

    if (status == TEXT_FULL || emit_lines(codec, buf_bytes(&codec->text), length, piece, out) < 0)
        return TEXT_FULL;
    buf_consume(&codec->text, length);
    if (status == TEXT_BAD) {
        uint64_t at =
            piece->offset + *used - codec->decoder.kept_length - codec->decoder.bad_length;
        if (replace_undecodable(codec, at, out) < 0)
            return TEXT_FULL;
    }
    return status;
}

static int convert(struct codec *codec, const unsigned char *bytes, size_t n, bool last,
                   struct buf *out)
{
    enum text_status status;

    do {
        struct piece piece = {codec->decoder, bytes, n, codec->taken, last};
        size_t used = 0;

        status = push_piece(codec, &piece, &used, out);
        codec->taken += used;
        bytes += used;
        n -= used;
    } while (status == TEXT_BAD);
    return status == TEXT_DONE ? 0 : -1;
}

int codec_push(struct codec *codec, const void *bytes, size_t n, bool last, struct buf *out,
               struct err *err)
{
    int failed = codec->plan.from ? convert(codec, bytes, n, last, out)
                                  : emit_lines(codec, bytes, n, NULL, out);

    return failed < 0 ? err_memory(err) : 0;
}
