/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/circle.h"

#include <string.h>
#include <strings.h>

#include "net/resolve.h"
#include "net/self.h"

bool circle_closes(const struct listener *listener, const struct endpoint *target)
{
    for (size_t i = 0; listener && i < listener_count(listener); i++)
        if (self_is_reached(listener_endpoint(listener, i), target))
            return true;
    return false;
}

static void on_read(void *owner, const struct endpoints *endpoints, const struct err *err)
{
    struct endpoints *found = owner;

    if (err->kind == ERR_NONE)
        *found = *endpoints;
}

/* Numbers are read at once; a name finds nothing here. */
static void read_numbers(const struct address *target, int family, struct run *run,
                         struct endpoints *found)
{
    struct resolve_query query = {.address = target, .family = family, .numeric = true};
    struct resolve resolve = {.helper = 0};

    found->count = 0;
    resolve_start(&resolve, &run->loop, &query, on_read, found);
}

static void read_localhost(const struct address *target, int family, struct run *run,
                           struct endpoints *found)
{
    static const char *const numbers[] = {"127.0.0.1", "::1"};
    struct endpoints all = {.count = 0};

    for (size_t i = 0; i < 2; i++) {
        struct address number = *target;

        strcpy(number.host, numbers[i]);
        read_numbers(&number, family, run, found);
        if (found->count)
            all.items[all.count++] = found->items[0];
    }
    *found = all;
}

bool circle_is_plain(const struct listener *listener, const struct address *target, int family,
                     struct run *run)
{
    struct endpoints found = {.count = 1};

    if (target->is_unix)
        endpoint_of_path(&found.items[0], target);
    else if (!strcasecmp(target->host, "localhost"))
        read_localhost(target, family, run, &found);
    else
        read_numbers(target, family, run, &found);
    for (size_t i = 0; i < found.count; i++)
        if (!circle_closes(listener, &found.items[i]))
            return false;
    return found.count;
}
