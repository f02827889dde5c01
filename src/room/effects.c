/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/effects.h"

#include <stdlib.h>
#include <string.h>

void effects_init(struct effects *effects)
{
    *effects = (struct effects){0};
    STAILQ_INIT(&effects->queue);
}

static struct effect *add(struct effects *effects, enum effect_kind kind, struct member *member,
                          const void *text, size_t n)
{
    struct effect *effect = malloc(sizeof *effect + n + 1);

    if (!effect) {
        effects->lost = true;
        return NULL;
    }
    *effect = (struct effect){.kind = kind, .member = member, .n = n};
    memcpy(effect->text, text, n);
    effect->text[n] = '\0';
    STAILQ_INSERT_TAIL(&effects->queue, effect, next);
    return effect;
}

size_t effects_add(struct effects *effects, enum effect_kind kind, struct member *member,
                   const void *text, size_t n)
{
    return add(effects, kind, member, text, n) ? n : 0;
}

void effects_hear(struct effects *effects, struct member *member, enum inbound_kind as,
                  const void *text, size_t n)
{
    struct effect *effect = add(effects, EFFECT_HEAR, member, text, n);

    if (!effect)
        return;
    effect->as = as;
    effect->wire = effects->wire;
}

static void tell(struct effects *effects, enum effect_kind kind, const struct event *event)
{
    struct event *copy = event_copy(event);
    struct effect *effect = copy ? add(effects, kind, NULL, "", 0) : NULL;

    if (effect)
        effect->event = copy;
    else
        free(copy);
    effects->lost |= !copy;
}

void effects_tell(struct effects *effects, const struct event *event)
{
    tell(effects, EFFECT_TELL, event);
}

void effects_tell_end(struct effects *effects, const struct event *event)
{
    tell(effects, EFFECT_END, event);
}

struct effect *effects_next(struct effects *effects)
{
    struct effect *first = STAILQ_FIRST(&effects->queue);

    if (first)
        STAILQ_REMOVE_HEAD(&effects->queue, next);
    return first;
}

void effect_free(struct effect *effect)
{
    free(effect->event);
    free(effect);
}
