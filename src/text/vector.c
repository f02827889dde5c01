/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/vector.h"

static bool is_forbidden;

void vector_forbid(bool forbidden)
{
    is_forbidden = forbidden;
}

#ifdef __x86_64__
#include <cpuid.h>

enum { WANTED = bit_SSE4_2 | bit_POPCNT };

/* __builtin_cpu_supports would ask ten times at each start of the program, whether it has text or
 * not; each question costs a virtual machine 5 to 20 us. */
static bool ask_processor(void)
{
    unsigned eax, ebx, ecx, edx;

    __cpuid(1, eax, ebx, ecx, edx);
    return (ecx & WANTED) == WANTED;
}

bool vector_is_there(void)
{
    static enum { UNKNOWN, THERE, MISSING } answer;

    if (answer == UNKNOWN)
        answer = ask_processor() ? THERE : MISSING;
    return !is_forbidden && answer == THERE;
}
#else
bool vector_is_there(void)
{
    return false;
}
#endif
