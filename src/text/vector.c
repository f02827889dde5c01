/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/vector.h"

static bool is_forbidden;

void vector_forbid(bool forbidden)
{
    is_forbidden = forbidden;
}

#ifdef __x86_64__
bool vector_is_there(void)
{
    return !is_forbidden && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
}
#else
bool vector_is_there(void)
{
    return false;
}
#endif
