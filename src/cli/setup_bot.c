/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/setup_bot.h"

#include "bot/playbook.h"
#include "cli/modules.h"

bool setup_bot_is_wanted(const struct options *options)
{
    return options->rules || options->script;
}

bool setup_bot_shows_bytes(const struct options *options)
{
    return setup_bot_is_wanted(options) && options_are_raw(options);
}

int setup_bot_read(struct setup_bot *setup, const struct options *options,
                   const struct encodings *encodings, struct err *err)
{
    enum playbook_kind kind = options->rules ? PLAYBOOK_RULES : PLAYBOOK_SCRIPT;
    const char *path = options->rules ? options->rules : options->script;
    const struct bot_module *module = path ? modules_bot(err) : NULL;

    if (!path)
        return 0;
    return module ? playbook_read(&setup->playbook, kind, path, module, encodings->utf8,
                                  encodings->local, err)
                  : -1;
}

void setup_bot_init(struct setup_bot *setup, const struct options *options, struct room *room,
                    struct room_operator *screen)
{
    struct peer_plan plan = {
        .playbook = &setup->playbook,
        .utf8 = room->options.member.inbox.utf8,
        .text = options->text,
        .room = room,
        .loop = room->loop,
        .once = room->options.once,
    };

    bot_init(&setup->bot, &plan, setup_bot_shows_bytes(options), screen);
    room->op = &setup->bot.op;
}

void setup_bot_fini(struct setup_bot *setup)
{
    playbook_fini(&setup->playbook);
}
