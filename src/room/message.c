/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/message.h"

#include <stdlib.h>
#include <string.h>

static size_t size_of(const struct message *message)
{
    return sizeof *message + message->n;
}

struct message *message_new(struct charset *utf8, const void *text, size_t n, bool is_line,
                            size_t *held)
{
    struct message *message = malloc(sizeof *message + n + 1);

    if (!message)
        return NULL;
    *message = (struct message){.holders = 1, .held = held, .utf8 = utf8, .n = n + is_line};
    *held += size_of(message);
    message->own = (struct form){
        .message = message, .n = message->n, .bytes = (const unsigned char *)message->text};
    memcpy(message->text, text, n);
    if (is_line)
        message->text[n] = '\n';
    return message;
}

struct message *message_new_literal(struct charset *utf8, const void *text, size_t n,
                                    const struct message_literal *literal, size_t *held)
{
    struct message *message = message_new(utf8, text, n, false, held);

    if (!message)
        return NULL;
    message->literal = *literal;
    literal_hold(literal->literal);
    return message;
}

struct message *message_hold(struct message *message)
{
    message->holders++;
    return message;
}

void message_release(struct message *message)
{
    if (--message->holders)
        return;
    while (message->forms) {
        struct form *form = message->forms;

        message->forms = form->next;
        *message->held -= form->size;
        free(form);
    }
    *message->held -= size_of(message);
    literal_free(message->literal.literal);
    free(message);
}

bool form_plan_same(const struct form_plan *a, const struct form_plan *b)
{
    return a->charset == b->charset && text_options_same(a->text, b->text);
}

static struct codec_plan codec_plan(const struct message *message, const struct form_plan *plan)
{
    struct codec_plan how = {
        .from = plan->charset ? message->utf8 : NULL,
        .to = plan->charset,
        .text = plan->text,
        .wire = WIRE_IS_OUTPUT,
    };

    how.text.checked = false; /* a message is valid UTF-8 */
    if (message->is_exact)
        how.text.eol = how.text.doubles_ff ? EOL_CRLF : EOL_AS_IS;
    if (how.text.bad == BAD_STOP)
        how.text.bad = BAD_REPLACE;
    return how;
}

/* The memory begins with the form, and n bytes follow it. */
static struct form *add_form(struct message *message, const struct form_plan *plan,
                             const struct codec_faults *faults, void *memory, size_t size, size_t n)
{
    struct form *form = memory;

    *form = (struct form){.next = message->forms,
                          .message = message,
                          .plan = *plan,
                          .faults = *faults,
                          .size = size,
                          .n = n,
                          .bytes = (const unsigned char *)(form + 1)};
    message->forms = form;
    *message->held += size;
    return form;
}

int message_know(struct message *message, const struct form_plan *plan, const void *bytes, size_t n)
{
    static const struct codec_faults none;
    size_t size = sizeof(struct form) + n;
    struct form *form = malloc(size);

    if (!form)
        return -1;
    memcpy(form + 1, bytes, n);
    add_form(message, plan, &none, form, size, n);
    return 0;
}

static int convert_text(const struct message *message, const struct codec_plan *how,
                        struct codec_faults *faults, struct buf *memory)
{
    struct codec codec;
    int result;

    codec_init(&codec, how);
    result = codec_push(&codec, message->text, message->n, true, memory, NULL);
    *faults = codec.faults;
    return result;
}

static int convert_literal(const struct message *message, const struct codec_plan *how,
                           struct codec_faults *faults, struct buf *memory, struct err *err)
{
    const struct message_literal *literal = &message->literal;
    struct literal_values values = {.utf8 = message->utf8,
                                    .charset = how->to ? how->to : literal->local,
                                    .text = how->text,
                                    .count = literal->count,
                                    .time = literal->time,
                                    .faults = faults};

    if (literal_make(literal->literal, &values, memory, err) < 0)
        return -1;
    return literal->end ? codec_convert(how, literal->end, strlen(literal->end), memory, err) : 0;
}

/* A character takes at most 16 bytes in any charset, escaped or not, and so does what a field of a
 * literal becomes. Most texts take little more than in UTF-8, so that the memory need not grow. */
static struct form *convert(struct message *message, const struct form_plan *plan,
                            const struct codec_plan *how, struct err *err)
{
    size_t head = sizeof(struct form), n = message->n;
    struct codec_faults faults = {0};
    struct buf memory;

    buf_init(&memory, head + 16 * n + 64);
    if (buf_reserve(&memory, head + n + n / 2 + 64 < memory.cap ? head + n + n / 2 + 64 : head)) {
        buf_commit(&memory, head);
        if ((message->literal.literal ? convert_literal(message, how, &faults, &memory, err)
                                      : convert_text(message, how, &faults, &memory)) == 0)
            return add_form(message, plan, &faults, memory.bytes, memory.capacity,
                            buf_length(&memory) - head);
    } else {
        err_memory(err);
    }
    buf_fini(&memory);
    return NULL;
}

/* NULL: the message has it not yet. */
static struct form *find_form(const struct message *message, const struct form_plan *plan)
{
    struct form *form = message->forms;

    while (form && !form_plan_same(&form->plan, plan))
        form = form->next;
    return form;
}

const struct form *message_form(struct message *message, const struct form_plan *plan)
{
    struct codec_plan how = codec_plan(message, plan);
    struct form *form = find_form(message, plan);

    if (!form && !message->literal.literal && codec_is_identity(&how))
        return &message->own;
    return form ? form : convert(message, plan, &how, NULL);
}

int message_make(struct message *message, const struct form_plan *plan, struct err *err)
{
    struct codec_plan how = codec_plan(message, plan);

    return find_form(message, plan) || convert(message, plan, &how, err) ? 0 : -1;
}

uint64_t message_lacking(const struct message *message)
{
    uint64_t most = 0;

    for (const struct form *form = message->forms; form; form = form->next)
        if (form->faults.unencodable > most)
            most = form->faults.unencodable;
    return most;
}
