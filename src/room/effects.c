/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/effects.h"

#include <stdarg.h>
#include <stdio.h>
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

    if (effect)
        effect->as = as;
}

static void tell(struct effects *effects, enum effect_kind kind, const char *format,
                 va_list arguments)
{
    char sentence[EFFECT_SENTENCE];

    vsnprintf(sentence, sizeof sentence, format, arguments);
    add(effects, kind, NULL, sentence, strlen(sentence));
}

void effects_tell(struct effects *effects, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(effects, EFFECT_TELL, format, arguments);
    va_end(arguments);
}

void effects_tell_end(struct effects *effects, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(effects, EFFECT_END, format, arguments);
    va_end(arguments);
}

struct effect *effects_next(struct effects *effects)
{
    struct effect *first = STAILQ_FIRST(&effects->queue);

    if (first)
        STAILQ_REMOVE_HEAD(&effects->queue, next);
    return first;
}
