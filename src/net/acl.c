/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/acl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/whole_file.h"

/* ---- lists ---- */

/* strcspn for n bytes; NUL is a byte like any other. */
static size_t length_until(const char *text, size_t n, const char *ends)
{
    size_t length = 0;

    while (length < n && !(text[length] && strchr(ends, text[length])))
        length++;
    return length;
}

static int list_add_line(struct acl_rules *list, const char *line, size_t n, struct err *err)
{
    while (n) {
        size_t length = length_until(line, n, ", \t");

        if (length && cidr_add(&list->ranges, line, length, err) < 0)
            return -1;
        length += length < n;
        line += length;
        n -= length;
    }
    return 0;
}

/* An empty list most likely is a variable of a script that was never set. */
static int list_add_option(struct acl_rules *list, const char *name, const char *text,
                           struct err *err)
{
    struct err wrong = {0};

    if (!text[strspn(text, ", \t\r\n")])
        return err_set(err, ERR_USAGE, "--%s has an empty list", name);
    while (*text) {
        size_t length = strcspn(text, "\r\n");

        if (list_add_line(list, text, length, &wrong) < 0)
            return err_set(err, wrong.kind, "--%s: %s", name, wrong.sentence);
        text += length + (text[length] != '\0');
    }
    return 0;
}

/* ---- files ---- */

/* A bare CR ends a line too. Otherwise all text behind the first comment would be a comment, and a
 * file of deny rules would admit every peer. */
static size_t line_end_length(const char *end, size_t n)
{
    return n >= 2 && end[0] == '\r' && end[1] == '\n' ? 2 : n > 0;
}

static int list_add_text(struct acl_rules *list, const char *path, const char *text, size_t n,
                         struct err *err)
{
    struct err wrong = {0};

    for (size_t number = 1; n; number++) {
        size_t length = length_until(text, n, "\r\n");
        size_t whole = length + line_end_length(text + length, n - length);

        if (list_add_line(list, text, length_until(text, length, "#"), &wrong) < 0)
            return err_set(err, wrong.kind, "%.256s, line %zu: %s", path, number, wrong.sentence);
        text += whole;
        n -= whole;
    }
    return 0;
}

/* Some editors begin UTF-8 with a byte order mark. */
static void skip_mark(struct buf *text)
{
    static const char mark[] = {'\xEF', '\xBB', '\xBF'};

    if (buf_length(text) >= sizeof mark && !memcmp(buf_bytes(text), mark, sizeof mark))
        buf_consume(text, sizeof mark);
}

static int list_add_file(struct acl_rules *list, struct opener opener, const char *path,
                         struct err *err)
{
    int fd = whole_file_open(opener, path, err), result;
    struct buf text;

    if (fd < 0)
        return -1;
    result = whole_file_read(fd, path, ACL_FILE, &text, err);
    close(fd);
    skip_mark(&text);
    if (result == 0)
        result = list_add_text(list, path, (const char *)buf_bytes(&text), buf_length(&text), err);
    buf_fini(&text);
    return result;
}

static int list_read(struct acl_rules *list, const char *name, const char *const *texts,
                     const char *const *paths, struct opener opener, struct err *err)
{
    list->given = texts || paths;
    for (; texts && *texts; texts++)
        if (list_add_option(list, name, *texts, err) < 0)
            return -1;
    for (; paths && *paths; paths++)
        if (list_add_file(list, opener, *paths, err) < 0)
            return -1;
    cidr_settle(&list->ranges);
    return 0;
}

/* ---- all rules ---- */

static int read_rules(struct acl *acl, struct opener opener, struct err *err)
{
    const struct acl_options *options = &acl->options;
    struct acl fresh = {.options = *options};

    if (list_read(&fresh.allow, "allow", options->allow, options->allow_file, opener, err) < 0 ||
        list_read(&fresh.deny, "deny", options->deny, options->deny_file, opener, err) < 0) {
        acl_fini(&fresh);
        return -1;
    }
    acl_fini(acl);
    *acl = fresh;
    return 0;
}

int acl_init(struct acl *acl, const struct acl_options *options, struct err *err)
{
    /* Until the rules are there, the empty list admits no peer. */
    *acl = (struct acl){.options = *options, .allow = {.given = true}};
    return read_rules(acl, (struct opener){0}, err);
}

void acl_fini(struct acl *acl)
{
    cidr_fini(&acl->allow.ranges);
    cidr_fini(&acl->deny.ranges);
}

int acl_reload(struct acl *acl, struct err *err)
{
    return read_rules(acl, acl->options.opener, err);
}

bool acl_admits(const struct acl *acl, const struct endpoint *peer)
{
    struct in6_addr address;

    if (!endpoint_ipv6(peer, &address))
        return peer->address.any.sa_family == AF_UNIX;
    if (cidr_hold(&acl->deny.ranges, &address))
        return false;
    return !acl->allow.given || cidr_hold(&acl->allow.ranges, &address);
}
