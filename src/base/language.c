/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/language.h"

#include <libintl.h>

static const char domain[] = "tcpchat";

/* gettext has the head of the catalogue under the empty sentence. */
const char *language_text(const char *sentence)
{
    return *sentence ? dgettext(domain, sentence) : sentence;
}

const char *language_count(const char *one, const char *many, uint64_t count)
{
    return dngettext(domain, one, many, (unsigned long)count);
}
