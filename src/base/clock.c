/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

size_t clock_text(char text[CLOCK_TEXT], time_t at, bool brief)
{
    struct tm local;

    localtime_r(&at, &local);
    return strftime(text, CLOCK_TEXT, brief ? "%H:%M:%S " : "%Y-%m-%d %H:%M:%S ", &local);
}
