/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/batch.h"

#include <stdlib.h>
#include <string.h>

void batch_clear(struct batch *batch)
{
    for (unsigned i = 0; i < batch->formed; i++)
        free(batch->forms[i].memory);
    for (unsigned i = 0; i < batch->count; i++)
        message_release(batch->messages[i]);
    batch->first += batch->count;
    batch->count = batch->formed = 0;
    batch->bytes = 0;
}

bool batch_is_full(const struct batch *batch, size_t n)
{
    return batch->count == BATCH_MESSAGES || (batch->count && batch->bytes + n > BATCH_BYTES);
}

void batch_add(struct batch *batch, struct message *message)
{
    batch->messages[batch->count++] = message_hold(message);
    batch->bytes += message->n;
}

/* Nothing without memory. */
static struct line join(const struct batch *batch, struct batch_form *join)
{
    const struct form *form =
        batch->count == 1 ? message_form(batch->messages[0], &join->plan) : NULL;
    unsigned char *end;
    size_t n = 0;

    if (form)
        return (struct line){.bytes = form->bytes, .n = form->n};
    for (unsigned i = 0; i < batch->count; i++, n += form->n)
        if (!(form = message_form(batch->messages[i], &join->plan)))
            return (struct line){0};
    join->memory = end = malloc(n + 1);
    if (!end)
        return (struct line){0};
    for (unsigned i = 0; i < batch->count; i++, end += form->n) {
        form = message_form(batch->messages[i], &join->plan);
        memcpy(end, form->bytes, form->n);
    }
    return (struct line){.bytes = join->memory, .n = n};
}

struct line batch_bytes(struct batch *batch, const struct form_plan *plan)
{
    struct batch_form *form = batch->forms, *end = form + batch->formed;

    while (form < end && !form_plan_same(&form->plan, plan))
        form++;
    if (form < end)
        return form->all;
    if (batch->formed == BATCH_FORMS)
        return (struct line){0};
    *form = (struct batch_form){.plan = *plan};
    form->all = join(batch, form);
    batch->formed++;
    return form->all;
}
