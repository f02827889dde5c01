/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/message.h"

#include <stdlib.h>
#include <string.h>

static size_t size_of(const struct message *message)
{
    return sizeof *message + message->n;
}

static size_t size_of_form(const struct form *form)
{
    return sizeof *form + form->n;
}

struct message *message_new(struct charset *utf8, const void *text, size_t n, bool is_line,
                            size_t *held)
{
    struct message *message = malloc(sizeof *message + n + 1);

    if (!message)
        return NULL;
    *message = (struct message){.holders = 1, .held = held, .utf8 = utf8, .n = n + is_line};
    *held += size_of(message);
    memcpy(message->text, text, n);
    if (is_line)
        message->text[n] = '\n';
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
        *message->held -= size_of_form(form);
        free(form);
    }
    *message->held -= size_of(message);
    free(message);
}

static bool is_same(const struct form_plan *a, const struct form_plan *b)
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
    if (how.text.bad == BAD_STOP)
        how.text.bad = BAD_REPLACE;
    return how;
}

static struct form *add_form(struct message *message, const struct form_plan *plan,
                             const struct codec_faults *faults, const void *bytes, size_t n)
{
    struct form *form = malloc(sizeof *form + n);

    if (!form)
        return NULL;
    *form = (struct form){
        .next = message->forms, .message = message, .plan = *plan, .faults = *faults, .n = n};
    memcpy(form->bytes, bytes, n);
    message->forms = form;
    *message->held += size_of_form(form);
    return form;
}

int message_know(struct message *message, const struct form_plan *plan, const void *bytes, size_t n)
{
    static const struct codec_faults none;

    return add_form(message, plan, &none, bytes, n) ? 0 : -1;
}

/* A character takes at most 16 bytes in any charset, escaped or not. */
static struct form *convert(struct message *message, const struct form_plan *plan)
{
    struct codec_plan how = codec_plan(message, plan);
    struct form *form = NULL;
    struct codec codec;
    struct buf bytes;

    buf_init(&bytes, 16 * message->n + 16);
    codec_init(&codec, &how);
    if (codec_push(&codec, message->text, message->n, true, &bytes, NULL) == 0)
        form = add_form(message, plan, &codec.faults, buf_bytes(&bytes), buf_length(&bytes));
    buf_fini(&bytes);
    return form;
}

const struct form *message_form(struct message *message, const struct form_plan *plan)
{
    struct form *form = message->forms;

    while (form && !is_same(&form->plan, plan))
        form = form->next;
    return form ? form : convert(message, plan);
}

uint64_t message_lacking(const struct message *message)
{
    uint64_t most = 0;

    for (const struct form *form = message->forms; form; form = form->next)
        if (form->faults.unencodable > most)
            most = form->faults.unencodable;
    return most;
}
