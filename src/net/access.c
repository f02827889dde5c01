#include "net/access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum {
    WORD = 64, /* longer than any rule */
    IPV4_BITS = 32,
    IPV6_BITS = 128,
    READ = 64 * 1024,
    FIRST_RANGES = 16,
};

/* IPv4 has the form ::ffff:a.b.c.d here. */
struct access_range {
    struct in6_addr first, last;
};

static int compare(const struct in6_addr *a, const struct in6_addr *b)
{
    return memcmp(a, b, sizeof *a);
}

/* ---- one rule ---- */

static int refuse_address(const char *word, struct err *err)
{
    if (strchr(word, ':'))
        return err_set(err, ERR_USAGE,
                       "'%s' is no IPv6 address or range, such as 2001:db8::1 or 2001:db8::/32",
                       word);
    if (!word[strspn(word, "0123456789./-*[]")])
        return err_set(err, ERR_USAGE,
                       "'%s' is no IPv4 address or range, such as 192.0.2.1 or 10.0.0.0/8", word);
    return err_set(err, ERR_USAGE,
                   "'%s' is a name; names are not looked up here, write addresses and ranges, "
                   "such as 192.0.2.1 or 10.0.0.0/8",
                   word);
}

/* What stands before the slash: n bytes. */
static bool read_address(struct in6_addr *address, const char *text, size_t n)
{
    bool bracketed = n >= 2 && text[0] == '[' && text[n - 1] == ']';
    struct in_addr ipv4;
    char bare[WORD];

    snprintf(bare, sizeof bare, "%.*s", (int)(bracketed ? n - 2 : n), text + bracketed);
    if (inet_pton(AF_INET6, bare, address) == 1)
        return true;
    if (bracketed || inet_pton(AF_INET, bare, &ipv4) != 1)
        return false;
    *address = ipv6_of_ipv4(ipv4);
    return true;
}

static bool read_bits(unsigned *bits, const char *text, unsigned most)
{
    size_t digits = strspn(text, "0123456789");

    if (!digits || digits > strlen("128") || text[digits])
        return false;
    *bits = (unsigned)atoi(text);
    return *bits <= most;
}

/* The bits of byte i of an address that a prefix of so many bits leaves to the hosts. */
static uint8_t host_bits(unsigned prefix, unsigned i)
{
    if (prefix >= 8 * i + 8)
        return 0;
    return (uint8_t)(prefix <= 8 * i ? 0xFF : 0xFF >> prefix % 8);
}

static struct access_range range_around(const struct in6_addr *address, unsigned prefix)
{
    struct access_range range = {*address, *address};

    for (unsigned i = 0; i < sizeof address->s6_addr; i++) {
        range.first.s6_addr[i] &= (uint8_t)~host_bits(prefix, i);
        range.last.s6_addr[i] |= host_bits(prefix, i);
    }
    return range;
}

/* Somebody who writes 10.0.0.1/8 may mean the range or the host, and only they know. */
static int refuse_host_bits(const char *word, const struct access_range *right, struct err *err)
{
    const char *slash = strchr(word, '/');
    bool is_ipv4 = !memchr(word, ':', (size_t)(slash - word));
    char first[INET6_ADDRSTRLEN];

    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, &right->first.s6_addr[is_ipv4 ? 12 : 0], first,
              sizeof first);
    return err_set(err, ERR_USAGE,
                   "'%s' is not how its range starts; write %s%s, or %.*s for that host alone",
                   word, first, slash, (int)(slash - word), word);
}

static int range_parse(struct access_range *range, const char *word, struct err *err)
{
    size_t length = strcspn(word, "/");
    unsigned most = memchr(word, ':', length) ? IPV6_BITS : IPV4_BITS, bits = most;
    struct in6_addr address;

    if (strchr(word, '%'))
        return err_set(err, ERR_USAGE, "'%s' has a zone; leave out '%s'", word, strchr(word, '%'));
    if (!read_address(&address, word, length))
        return refuse_address(word, err);
    if (word[length] && !read_bits(&bits, word + length + 1, most))
        return err_set(err, ERR_USAGE, "'%s' needs a number from 0 to %u behind its '/'", word,
                       most);
    *range = range_around(&address, bits + IPV6_BITS - most);
    if (compare(&range->first, &address) != 0)
        return refuse_host_bits(word, range, err);
    return 0;
}

/* ---- ranges ---- */

static int ranges_grow(struct access_ranges *ranges)
{
    size_t capacity = ranges->capacity ? 2 * ranges->capacity : FIRST_RANGES;
    struct access_range *grown = realloc(ranges->ranges, capacity * sizeof *grown);

    if (!grown)
        return -1;
    ranges->ranges = grown;
    ranges->capacity = capacity;
    return 0;
}

static int ranges_add(struct access_ranges *ranges, const struct access_range *range,
                      struct err *err)
{
    if (ranges->count == ranges->capacity && ranges_grow(ranges) < 0)
        return err_memory(err);
    ranges->ranges[ranges->count++] = *range;
    return 0;
}

/* By their starts, and a wider range before those inside it. */
static int compare_ranges(const void *left, const void *right)
{
    const struct access_range *a = left, *b = right;
    int order = compare(&a->first, &b->first);

    return order ? order : compare(&b->last, &a->last);
}

/* CIDR ranges never overlap in part, so that a range is inside the last one kept, or behind it. */
static void ranges_settle(struct access_ranges *ranges)
{
    struct access_range *all = ranges->ranges;
    size_t kept = 0;

    if (!all)
        return;
    qsort(all, ranges->count, sizeof *all, compare_ranges);
    for (size_t i = 0; i < ranges->count; i++)
        if (!kept || compare(&all[i].first, &all[kept - 1].last) > 0)
            all[kept++] = all[i];
    ranges->count = kept;
}

static int compare_to_range(const void *key, const void *item)
{
    const struct access_range *range = item;

    if (compare(key, &range->first) < 0)
        return -1;
    return compare(key, &range->last) > 0;
}

static bool ranges_hold(const struct access_ranges *ranges, const struct in6_addr *address)
{
    return ranges->count && bsearch(address, ranges->ranges, ranges->count, sizeof *ranges->ranges,
                                    compare_to_range);
}

/* ---- lists ---- */

static void list_fini(struct access_list *list)
{
    free(list->ipv4.ranges);
    free(list->ipv6.ranges);
    *list = (struct access_list){0};
}

static bool list_holds(const struct access_list *list, const struct in6_addr *address)
{
    return ranges_hold(IN6_IS_ADDR_V4MAPPED(address) ? &list->ipv4 : &list->ipv6, address);
}

static int list_add_word(struct access_list *list, const char *bytes, size_t n, struct err *err)
{
    struct access_range range;
    char word[WORD];

    if (memchr(bytes, '\0', n))
        return err_set(err, ERR_USAGE, "there is a NUL byte; lists are plain text");
    if (n >= sizeof word)
        return err_set(err, ERR_USAGE, "'%.40s...' is too long for an address", bytes);
    memcpy(word, bytes, n);
    word[n] = '\0';
    if (range_parse(&range, word, err) < 0)
        return -1;
    return ranges_add(IN6_IS_ADDR_V4MAPPED(&range.first) ? &list->ipv4 : &list->ipv6, &range, err);
}

/* Unlike strcspn it knows n, and takes a NUL for a character. */
static size_t length_until(const char *text, size_t n, const char *ends)
{
    size_t length = 0;

    while (length < n && !(text[length] && strchr(ends, text[length])))
        length++;
    return length;
}

static int list_add_line(struct access_list *list, const char *line, size_t n, struct err *err)
{
    while (n) {
        size_t length = length_until(line, n, ", \t");

        if (length && list_add_word(list, line, length, err) < 0)
            return -1;
        length += length < n;
        line += length;
        n -= length;
    }
    return 0;
}

/* Nothing in it is most likely a variable of a script that was never set. */
static int list_add_option(struct access_list *list, const char *name, const char *text,
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

/* A bare CR ends a line too: or all behind the first comment would be a comment, and a file of deny
 * rules would let everybody in. */
static size_t line_end_length(const char *end, size_t n)
{
    return n >= 2 && end[0] == '\r' && end[1] == '\n' ? 2 : n > 0;
}

static int list_add_text(struct access_list *list, const char *path, const char *text, size_t n,
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

static int read_all(struct buf *text, int fd, const char *path, struct err *err)
{
    ssize_t got = 1;

    while (got && buf_length(text) <= ACCESS_FILE) {
        unsigned char *room = buf_reserve(text, READ);

        if (!room)
            return err_memory(err);
        got = read(fd, room, READ);
        if (got < 0 && errno != EINTR)
            return err_errno(err, ERR_LOCAL, errno, "cannot read %s", path);
        buf_commit(text, got > 0 ? (size_t)got : 0);
    }
    if (buf_length(text) > ACCESS_FILE)
        return err_set(err, ERR_LOCAL, "cannot read %.256s: it is longer than %d MiB", path,
                       ACCESS_FILE >> 20);
    return 0;
}

/* A FIFO would make everybody wait, and could not be read again on SIGHUP. */
static int open_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat about;

    if (fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot read %s", path);
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        return fd;
    close(fd);
    return err_set(err, ERR_LOCAL, "cannot read %.256s: it is not a regular file", path);
}

static int list_add_file(struct access_list *list, const char *path, struct err *err)
{
    int fd = open_file(path, err), result;
    struct buf text;

    if (fd < 0)
        return -1;
    buf_init(&text, ACCESS_FILE + READ);
    result = read_all(&text, fd, path, err);
    close(fd);
    skip_mark(&text);
    if (result == 0)
        result = list_add_text(list, path, (const char *)buf_bytes(&text), buf_length(&text), err);
    buf_fini(&text);
    return result;
}

static int list_read(struct access_list *list, const char *name, const char *text, const char *path,
                     struct err *err)
{
    list->given = text || path;
    if (text && list_add_option(list, name, text, err) < 0)
        return -1;
    if (path && list_add_file(list, path, err) < 0)
        return -1;
    ranges_settle(&list->ipv4);
    ranges_settle(&list->ipv6);
    return 0;
}

/* ---- all rules ---- */

int access_init(struct access *access, const struct access_options *options, struct err *err)
{
    /* An empty list lets nobody in, should that be asked before the rules are there. */
    *access = (struct access){.options = *options, .allow = {.given = true}};
    return access_reload(access, err);
}

void access_fini(struct access *access)
{
    list_fini(&access->allow);
    list_fini(&access->deny);
}

int access_reload(struct access *access, struct err *err)
{
    const struct access_options *options = &access->options;
    struct access fresh = {.options = *options};

    if (list_read(&fresh.allow, "allow", options->allow, options->allow_file, err) < 0 ||
        list_read(&fresh.deny, "deny", options->deny, options->deny_file, err) < 0) {
        access_fini(&fresh);
        return -1;
    }
    access_fini(access);
    *access = fresh;
    return 0;
}

bool access_admits(const struct access *access, const struct endpoint *peer)
{
    struct in6_addr address;

    if (!endpoint_ipv6(peer, &address))
        return peer->address.any.sa_family == AF_UNIX;
    if (list_holds(&access->deny, &address))
        return false;
    return !access->allow.given || list_holds(&access->allow, &address);
}
