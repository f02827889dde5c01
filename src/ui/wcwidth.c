/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wcwidth(), in place of the C library's: readline asks it where the cursor stands.
 *
 * It runs in a UTF-8 locale whatever the terminal speaks (see prompt), so the C library would tell
 * the widths of a UTF-8 terminal; and the prompt shows U+FFFD in place of what is not visible. A
 * function of the program takes the place of one of the C library's also for a shared readline. */
#include <wchar.h>

#include "text/safetext.h"
#include "text/width.h"

int wcwidth(wchar_t character)
{
    uint32_t scalar = (uint32_t)character;

    if (scalar == 0)
        return 0;
    if (scalar < 0x20 || scalar == 0x7F)
        return -1;
    return (int)width_of(safetext_is_plain(scalar) ? scalar : 0xFFFD);
}
