/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef TCPCHAT_HAS_SECCOMP
#include "os/sandbox_filter.h"
#else
enum { PROCESS_HOLE, FILTER_DIALS = 1, FILTER_PERSON = 2, FILTER_UNLOCKS = 4 };
static const struct {
    const struct sock_filter *steps;
    unsigned short count;
} filters[7];
#endif

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/* Rights to files that a build for tests keeps; see CMakeLists.txt. */
#ifndef TCPCHAT_KEPT_RIGHTS
#define TCPCHAT_KEPT_RIGHTS 0
#endif

/* ---- capabilities ---- */

/* Those of root, such as to end the connections of others by sock_diag(7). */
static void drop_capabilities(const struct sandbox_needs *needs)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct had[_LINUX_CAPABILITY_U32S_3] = {{0}};
    struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = {{0}};

    syscall(SYS_capget, &head, had);
    if (needs->source_port)
        kept[0].permitted = kept[0].effective = had[0].effective & 1u << CAP_NET_BIND_SERVICE;
    if (had[0].permitted || had[1].permitted)
        syscall(SYS_capset, &head, kept);
}

/* ---- Landlock ---- */

enum {
    ASKS_VERSION = 1, /* LANDLOCK_CREATE_RULESET_VERSION */
    RULE_PORT = 2,    /* LANDLOCK_RULE_NET_PORT */
    BIND_TCP = 1,
    CONNECT_TCP = 2,
    SCOPE_ABSTRACT = 1,
    SCOPE_SIGNAL = 2,
};

/* struct landlock_ruleset_attr of version 6. Older kernels take it where its end is zero. */
struct ruleset {
    uint64_t files, net, scoped;
};

struct port_rule {
    uint64_t allowed, port; /* struct landlock_net_port_attr */
};

/* All rights to files that a version knows: up to MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV. */
static uint64_t files_of(int version)
{
    static const uint64_t known[] = {0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF};
    int last = sizeof known / sizeof *known - 1;

    return known[version < last ? version : last] & ~(uint64_t)TCPCHAT_KEPT_RIGHTS;
}

static uint64_t scopes_of(const struct sandbox_needs *needs)
{
    return SCOPE_ABSTRACT | (needs->has_person ? 0 : SCOPE_SIGNAL);
}

static int allow_port(int rules, uint64_t right, uint16_t port)
{
    struct port_rule rule = {right, port};

    return (int)syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0);
}

static int allow_ports(int rules, const struct sandbox_needs *needs)
{
    if (!needs->dials)
        return 0;
    for (size_t i = 0; i < needs->port_count; i++)
        if (allow_port(rules, CONNECT_TCP, needs->ports[i]) < 0)
            return -1;
    return allow_port(rules, BIND_TCP, 0) < 0 || allow_port(rules, BIND_TCP, needs->source_port) < 0
               ? -1
               : 0;
}

/* Returns the version, or 0 where nothing is in force. */
static int enter_landlock(const struct sandbox_needs *needs)
{
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, ASKS_VERSION), rules;
    struct ruleset all = {
        .files = version > 0 ? files_of(version) : 0,
        .net = version >= SANDBOX_LANDLOCK_PORTS ? BIND_TCP | CONNECT_TCP : 0,
        .scoped = version >= 6 ? scopes_of(needs) : 0,
    };
    bool is_in_force;

    if (version <= 0)
        return 0;
    rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (rules < 0)
        return 0;
    is_in_force = (!all.net || allow_ports(rules, needs) == 0) &&
                  syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return is_in_force ? version : 0;
}

/* ---- seccomp ---- */

/* The number that the build could not know. */
static void fill_holes(struct sock_filter *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (steps[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && steps[i].k == PROCESS_HOLE)
            steps[i].k = (unsigned)getpid();
}

static bool enter_seccomp(const struct sandbox_needs *needs)
{
    unsigned kind = (needs->dials ? FILTER_DIALS : 0u) | (needs->has_person ? FILTER_PERSON : 0u) |
                    (needs->unlocks ? FILTER_UNLOCKS : 0u);
    struct sock_filter steps[BPF_MAXINSNS / 8];
    struct sock_fprog program = {filters[kind].count, steps};

    if (!program.len || program.len > sizeof steps / sizeof *steps)
        return false;
    memcpy(steps, filters[kind].steps, program.len * sizeof *steps);
    fill_holes(steps, program.len);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct sandbox sandbox_enter(const struct sandbox_needs *needs)
{
    struct sandbox entered = {.landlock = 0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return entered;
    drop_capabilities(needs);
    entered.landlock = enter_landlock(needs); /* the filter forbids its calls */
    entered.has_filter = enter_seccomp(needs);
    return entered;
}
