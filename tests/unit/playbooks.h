/* SPDX-License-Identifier: GPL-3.0-or-later */
/* playbooks: files of rules and scripts that stand in the test. */
#pragma once

#include "check.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bot/playbook.h"
#include "text/charset.h"

static struct charsets charsets;

/* The file has the name that sentences begin with. */
static inline int read_bytes(struct playbook *playbook, enum playbook_kind kind, const void *bytes,
                             size_t n, struct err *err)
{
    static char path[32];
    int fd = memfd_create("playbook", 0), result;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    result =
        playbook_read(playbook, kind, path, &bot_module, charset_find(&charsets, "utf-8", NULL),
                      charset_find(&charsets, "gbk", NULL), err);
    close(fd);
    return result;
}

static inline struct playbook playbook_of(enum playbook_kind kind, const char *text)
{
    struct playbook playbook;
    struct err err = {0};

    if (read_bytes(&playbook, kind, text, strlen(text), &err) < 0)
        fail_msg("%s", err.sentence);
    return playbook;
}
