/* SPDX-License-Identifier: GPL-3.0-or-later */
/* acl: who gets in, by address.
 *
 * A rule is an address or a range (net/cidr), in a list of the command line or in a file. Whom a
 * deny rule matches is refused; where there is an allow list, even an empty file, only whom it
 * matches gets in. Peers of a unix socket always get in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/address.h"
#include "net/cidr.h"

enum { ACL_FILE = 16 * 1024 * 1024 }; /* the longest file, in bytes */

/* The sources of the rules: lists and paths, each up to NULL; NULL: none. Nothing is copied.
 *
 * In a list, commas and blanks stand between rules; in a file line ends (LF, CRLF, CR) do as well,
 * and # starts a comment. */
struct acl_options {
    const char *const *allow, *const *deny;
    const char *const *allow_file, *const *deny_file;
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
 * memory is short. After a failure only unix peers would get in, and nothing has to be released. */
int acl_init(struct acl *acl, const struct acl_options *options, struct err *err);
void acl_fini(struct acl *acl);

/* Reads all rules anew. After a failure, as those of acl_init, the old ones stay. */
int acl_reload(struct acl *acl, struct err *err);

/* Costs the logarithm of the number of rules. */
bool acl_admits(const struct acl *acl, const struct endpoint *peer);
