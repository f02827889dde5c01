/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/module.h"

#include "ui/prompt.h"
#include "ui/tty.h"

const struct ui_module ui_module = {
    .library = prompt_library,
    .is_able = tty_is_able,
    .init = console_init,
    .open = console_open,
    .close = console_close,
    .abandon = console_abandon,
    .notice = screen_notice,
    .plain = screen_plain,
};
