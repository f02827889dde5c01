#include "talk/losses.h"

#include "base/log.h"

void losses_add(struct losses *losses, const struct err *err, size_t lines)
{
    if (!losses->lasts)
        log_say(LOG_ERROR, "%s; what is said is not written down", err->sentence);
    losses->lasts = true;
    losses->lines += lines;
    err_keep(&losses->failure, err);
}

void losses_end(struct losses *losses, const char *file)
{
    if (losses->lasts && losses->lines)
        log_say(LOG_NOTICE, "%s is written again; %zu line%s missing", file, losses->lines,
                losses->lines == 1 ? " is" : "s are");
    else if (losses->lasts)
        log_say(LOG_NOTICE, "%s is written again; nothing is missing", file);
    losses->lasts = false;
    losses->lines = 0;
}
