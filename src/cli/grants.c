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

/* A program that runs on without its peer keeps the peer's place. One that --reconnect has left may
 * run beside the next one. */
static unsigned most_programs(const struct options *options)
{
    if (options->command == COMMAND_CONNECT)
        return options->reconnect.given ? 0 : 1;
    return options->once ? 1 : options->max_peers;
}

/* Before the first peer comes, the command line is wrong; later the program has failed. */
static int allow_program(struct grants *grants, const struct options *options, struct err *err)
{
    if (!options->exec && !options->sh_exec)
        return 0;
    if (options->exec && spawn_check(options->exec, err) < 0)
        return err_prefix(err, "--exec");
    option_table_preferences(grants->hidden);
    grants->spawn = (struct spawn){.command = options->exec ? options->exec : options->sh_exec,
                                   .shell = !options->exec,
                                   .hidden = grants->hidden,
                                   .most = most_programs(options)};
    spawn_allow(&grants->spawn, &grants->helper);
    return 0;
}

int grants_start(struct grants *grants, const struct options *options, struct route *route,
                 struct err *err)
{
    route_allow(route, &grants->helper);
    allow_bound(grants, options);
    if (allow_program(grants, options, err) < 0 ||
        file_grants_allow(&grants->files, &grants->helper, options, err) < 0)
        return -1;
    return helper_start(&grants->helper, err);
}

void grants_fini(struct grants *grants)
{
    helper_fini(&grants->helper);
    file_grants_fini(&grants->files);
}
