/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bind_grant: the helper binds a unix:PATH again (/unlock) and removes its file at the end, for a
 * run that is confined. */
#pragma once

#include "net/bind.h"
#include "os/helper.h"

/* A zeroed one grants nothing. */
struct bind_grant {
    struct helper_grant grant;
    const struct address *address;
    struct bind_manner manner;
};

/* Grants that, before the helper starts, if the address is a unix:PATH. *grant must stay at its
 * address, and the address, too. */
void bind_grant_allow(struct bind_grant *grant, struct helper *helper,
                      const struct address *address, const struct bind_manner *manner);

/* A zeroed binder, if nothing is granted. */
struct binder bind_grant_binder(struct bind_grant *grant);
