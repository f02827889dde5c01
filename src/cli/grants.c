/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/grants.h"

static void allow_bound(struct grants *grants, const struct options *options)
{
    struct resolve_query query = {.address = &options->address,
                                  .family = options_family(options),
                                  .numeric = options->numeric,
                                  .passive = true};

    if (options->command != COMMAND_LISTEN)
        return;
    resolve_allow(&grants->bound, &grants->helper, &query);
    bind_grant_allow(&grants->path, &grants->helper, &options->address,
                     &(struct bind_manner){.backlog = options->backlog});
}

int grants_start(struct grants *grants, const struct options *options, struct route *route,
                 struct err *err)
{
    route_allow(route, &grants->helper);
    allow_bound(grants, options);
    if (file_grants_allow(&grants->files, &grants->helper, options, err) < 0)
        return -1;
    return helper_start(&grants->helper, err);
}

void grants_fini(struct grants *grants)
{
    helper_fini(&grants->helper);
    file_grants_fini(&grants->files);
}
