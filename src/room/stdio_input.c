/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/stdio_input.h"

#include "room/inbound.h"
#include "room/operator_literal.h"
#include "text/decoder.h"

enum { TEXT_CAP = 16 * STDIO_INPUT_CHUNK };

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    struct charset *utf8 = owner;

    return utf8 ? decoder_unfinished(utf8, bytes, n) : 0;
}

void stdio_input_init(struct stdio_input *input, const struct stdio_input_options *options,
                      struct room *room)
{
    struct codec_plan plan = {.from = options->utf8 ? options->local : NULL,
                              .to = options->utf8,
                              .text = {.checked = options->utf8 != NULL, .bad = options->text.bad}};

    *input = (struct stdio_input){.room = room, .options = *options};
    framer_init(&input->framer, FRAMER_PUSH, unfinished, options->utf8);
    codec_init(&input->codec, &plan);
    literal_input_init(&input->literals, options->local, room->options.member.inbox.utf8);
}

void stdio_input_fini(struct stdio_input *input)
{
    framer_fini(&input->framer);
    literal_input_fini(&input->literals);
}

/* A byte order mark in front of the first line says nothing to a person. */
static void say_line(struct stdio_input *input, struct line line)
{
    if (!input->has_said)
        line = inbound_without_bom(line);
    input->has_said = true;
    input->lacking += room_speak(input->room, line.bytes, line.n, true);
}

static void say_lines(struct stdio_input *input, bool last)
{
    struct line line;

    while (framer_next(&input->framer, &line) != FRAMER_NONE)
        say_line(input, line);
    if (last && framer_rest(&input->framer, true, &line) != FRAMER_NONE)
        say_line(input, line);
}

static void tell_unsent(struct stdio_input *input)
{
    dispatch_say(input->room, "something was not sent: out of memory");
    dispatch_speak(input->room, NULL, NULL, false);
}

static void speak(struct stdio_input *input, const void *text, size_t n)
{
    if (n)
        input->lacking += room_speak(input->room, text, n, false);
}

/* The line ends of each piece are converted by themselves: none is in two pieces. */
static void say_piece(struct stdio_input *input, const unsigned char *text, size_t n, bool last)
{
    bool had_cr = input->holds_cr && (n || last), ends = had_cr && n && *text == '\n';

    input->holds_cr = (input->holds_cr && !had_cr) ||
                      (input->options.text.eol != EOL_AS_IS && !last && n && text[n - 1] == '\r');
    if (had_cr)
        speak(input, "\r\n", ends ? 2 : 1);
    speak(input, text + ends, n - ends - (n && input->holds_cr));
}

static void say_text(struct stdio_input *input, const unsigned char *text, size_t n, bool last)
{
    size_t some;

    if (input->options.form == INPUT_BYTES) {
        say_piece(input, text, n, last);
        return;
    }
    do {
        some = n < FRAMER_PUSH ? n : FRAMER_PUSH;
        if (framer_push(&input->framer, text, some) < 0)
            tell_unsent(input);
        say_lines(input, last && some == n);
        text += some;
        n -= some;
    } while (n);
}

/* Characters that a charset lacks are told once (a person's lines tell it each time), and so is bad
 * text. A replacement may be lacking, too, which is no news. */
static void note_faults(struct stdio_input *input, const struct codec_faults *before)
{
    bool is_bad = input->codec.faults.undecodable > before->undecodable;

    if (is_bad && !before->undecodable)
        dispatch_say(input->room, "standard input holds text that is not valid %s",
                     charset_name(input->options.local));
    if (!is_bad && input->lacking && !input->told_lacking)
        dispatch_say(input->room,
                     "standard input holds characters that a peer's charset does not have");
    input->told_lacking |= !is_bad && input->lacking;
    input->lacking = 0;
}

/* A lack of memory for one piece is no reason to end. */
static int fail(struct stdio_input *input, struct err *err)
{
    if (err->kind != ERR_TEXT) {
        tell_unsent(input);
        return 0;
    }
    return err_set(err, ERR_TEXT, "standard input: what follows is not valid %s",
                   charset_name(input->options.local));
}

static int say_literal(struct stdio_input *input, const struct literal_line *line, struct err *err)
{
    struct message_literal how = {.literal = line->literal,
                                  .count = line->count,
                                  .time = time(NULL),
                                  .local = input->options.local,
                                  .end = *line->end ? line->end : NULL};
    uint64_t before = input->room->lacking;
    struct message *message = operator_literal_make(input->room, &how, line->text, line->n, err);

    if (!message)
        return literal_input_prefix(&input->literals, err);
    operator_literal_send(input->room, message);
    input->lacking += input->room->lacking - before;
    return 0;
}

static int say_literals(struct stdio_input *input, const unsigned char *bytes, size_t n, bool last,
                        struct err *err)
{
    const struct codec_faults none = input->codec.faults;
    struct literal_line line;
    int more, result = 0;

    if (literal_input_add(&input->literals, bytes, n, last, err) < 0)
        return -1;
    while (result == 0 && (more = literal_input_next(&input->literals, &line, err)) != 0) {
        if (more < 0)
            return -1;
        result = say_literal(input, &line, err);
        literal_free(line.literal);
    }
    note_faults(input, &none);
    return result;
}

int stdio_input_say(struct stdio_input *input, const unsigned char *bytes, size_t n, bool last,
                    struct err *err)
{
    struct codec_faults before = input->codec.faults;
    struct buf text;
    int converted;

    if (input->options.form == INPUT_LITERALS)
        return say_literals(input, bytes, n, last, err);
    if (!input->options.utf8) {
        say_text(input, bytes, n, last);
        return 0;
    }
    buf_init(&text, TEXT_CAP);
    converted = codec_push(&input->codec, bytes, n, last, &text, err);
    say_text(input, buf_bytes(&text), buf_length(&text), last);
    buf_fini(&text);
    if (converted < 0)
        return fail(input, err);
    note_faults(input, &before);
    return 0;
}
