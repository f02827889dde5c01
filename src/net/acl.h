/* SPDX-License-Identifier: GPL-3.0-or-later */
/* acl: the access control list: which peers are admitted, by address.
 *
 * A rule is an address or a range (net/cidr), in a list of the command line or in a file. A peer
 * that a deny rule matches is refused. An allow list, even an empty file, admits only peers that it
 * matches. Peers of a unix socket are always admitted. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "io/opener.h"
#include "net/address.h"
#include "net/cidr.h"

enum { ACL_FILE = 16 * 1024 * 1024 }; /* the longest file, in bytes */

/* The sources of the rules: lists and paths, each up to NULL; NULL: none. No string is copied.
 *
 * In a list, commas and blanks stand between rules; in a file line ends (LF, CRLF, CR) do as well,
 * and # starts a comment. */
struct acl_options {
    const char *const *allow, *const *deny;
    const char *const *allow_file, *const *deny_file;
    struct opener opener; /* of acl_reload */
};

struct acl_rules {
    bool given;
    struct cidr_set ranges;
};

struct acl {
    struct acl_options options;
    struct acl_rules allow, deny;
};

/* Reads all rules. ERR_USAGE: a rule or a list is wrong; ERR_LOCAL: a file cannot be read, or
 * memory is short. After a failure only unix peers would be admitted, and acl_fini may be left out.
 */
int acl_init(struct acl *acl, const struct acl_options *options, struct err *err);
void acl_fini(struct acl *acl);

/* Reads all rules anew, as acl_init does; after a failure the old rules stay. */
int acl_reload(struct acl *acl, struct err *err);

/* Costs the logarithm of the number of rules. */
bool acl_admits(const struct acl *acl, const struct endpoint *peer);
