/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/cidr.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"
#include "net/address.h"

enum {
    WORD = 64, /* longer than any range */
    IPV4_BITS = 32,
    IPV6_BITS = 128,
    FIRST_RANGES = 16,
};

/* IPv4 has the form ::ffff:a.b.c.d here. */
struct range {
    struct in6_addr first, last;
};

static int compare(const struct in6_addr *a, const struct in6_addr *b)
{
    return memcmp(a, b, sizeof *a);
}

/* ---- one range ---- */

/* Two colons, or one among digits without a point. */
static bool looks_like_ipv6(const char *word)
{
    const char *colon = strchr(word, ':');

    return colon &&
           (colon != strrchr(word, ':') || !word[strspn(word, "0123456789abcdefABCDEF:/[]")]);
}

static int refuse_address(const char *word, struct err *err)
{
    if (strstr(word, "://"))
        return err_set(err, ERR_USAGE,
                       "'%s' is a URL; write addresses and ranges, such as 192.0.2.1 or 10.0.0.0/8",
                       word);
    if (looks_like_ipv6(word))
        return err_set(err, ERR_USAGE,
                       "'%s' is no IPv6 address or range, such as 2001:db8::1 or 2001:db8::/32",
                       word);
    if (!word[strspn(word, "0123456789./-*[]:")])
        return err_set(err, ERR_USAGE,
                       "'%s' is no IPv4 address or range, such as 192.0.2.1 or 10.0.0.0/8", word);
    return err_set(err, ERR_USAGE,
                   "'%s' is a name; names are not looked up here, write addresses and ranges, such "
                   "as 192.0.2.1 or 10.0.0.0/8",
                   word);
}

/* The n bytes before the slash. */
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
    int number = ascii_number(text, strlen("128"));

    *bits = (unsigned)number;
    return number >= 0 && *bits <= most;
}

/* The bits of byte i of an address that a prefix of `prefix` bits leaves to the hosts. */
static uint8_t host_bits(unsigned prefix, unsigned i)
{
    if (prefix >= 8 * i + 8)
        return 0;
    return (uint8_t)(prefix <= 8 * i ? 0xFF : 0xFF >> prefix % 8);
}

static struct range around(const struct in6_addr *address, unsigned prefix)
{
    struct range range = {*address, *address};

    for (unsigned i = 0; i < sizeof address->s6_addr; i++) {
        range.first.s6_addr[i] &= (uint8_t)~host_bits(prefix, i);
        range.last.s6_addr[i] |= host_bits(prefix, i);
    }
    return range;
}

/* 10.0.0.1/8 may mean the range or the host; a guess would be wrong for half of the people. */
static int refuse_host_bits(const char *word, const struct range *right, struct err *err)
{
    const char *slash = strchr(word, '/');
    bool is_ipv4 = !memchr(word, ':', (size_t)(slash - word));
    char first[INET6_ADDRSTRLEN], range[2 * WORD], host[WORD];

    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, &right->first.s6_addr[is_ipv4 ? 12 : 0], first,
              sizeof first);
    snprintf(range, sizeof range, "%s%s", first, slash);
    snprintf(host, sizeof host, "%.*s", (int)(slash - word), word);
    return err_set(err, ERR_USAGE,
                   "'%s' is not how its range starts; write %s, or %s for that host alone", word,
                   range, host);
}

/* The length of a netmask in host order, such as 16 of 255.255.0.0. -1: it has holes. */
static int length_of(uint32_t mask)
{
    uint32_t hosts = ~mask;
    int bits = IPV4_BITS;

    for (; hosts & 1; hosts >>= 1)
        bits--;
    return hosts ? -1 : bits;
}

static int refuse_netmask(const char *word, struct in_addr address, uint32_t mask, struct err *err)
{
    bool is_inverted = length_of(mask) < 0;
    uint32_t right = is_inverted ? ~mask : mask;
    char first[INET_ADDRSTRLEN];

    if (length_of(right) < 0)
        return err_set(err, ERR_USAGE,
                       "'%s' has a netmask with holes; write several ranges, such as 10.0.0.0/8",
                       word);
    address.s_addr &= htonl(right);
    inet_ntop(AF_INET, &address, first, sizeof first);
    return err_set(err, ERR_USAGE,
                   is_inverted ? N_("'%s' has an inverted netmask; write %s/%d")
                               : N_("'%s' has a netmask; write %s/%d"),
                   word, first, length_of(right));
}

/* Older programs write a range as ADDRESS:NETMASK or ADDRESS/NETMASK, firewalls of routers as
 * ADDRESS/HOSTMASK. */
static int check_netmask(const char *word, struct err *err)
{
    size_t length = strcspn(word, ":/");
    char address[WORD];
    struct in_addr ipv4, mask;

    snprintf(address, sizeof address, "%.*s", (int)length, word);
    if (!word[length] || inet_pton(AF_INET, address, &ipv4) != 1 ||
        inet_pton(AF_INET, word + length + 1, &mask) != 1)
        return 0;
    return refuse_netmask(word, ipv4, ntohl(mask.s_addr), err);
}

static int parse(struct range *range, const char *word, struct err *err);

/* "127.0.0.1:80" and "[::1]:80": the peer's port is any. */
static int check_port(const char *word, struct err *err)
{
    const char *colon = strrchr(word, ':');
    char before[WORD];
    struct range range;

    if (!colon || !ascii_is_number(colon + 1) || (strchr(word, ':') != colon && colon[-1] != ']'))
        return 0;
    snprintf(before, sizeof before, "%.*s", (int)(colon - word), word);
    if (parse(&range, before, NULL) < 0)
        return 0;
    return err_set(err, ERR_USAGE, "'%s' has a port, which has no place here; write %s", word,
                   before);
}

static int parse(struct range *range, const char *word, struct err *err)
{
    size_t length = strcspn(word, "/");
    unsigned most = memchr(word, ':', length) ? IPV6_BITS : IPV4_BITS, bits = most;
    struct in6_addr address;

    if (strchr(word, '%'))
        return err_set(err, ERR_USAGE, "'%s' has a zone; leave out '%s'", word, strchr(word, '%'));
    if (check_port(word, err) < 0 || check_netmask(word, err) < 0)
        return -1;
    if (!read_address(&address, word, length))
        return refuse_address(word, err);
    if (word[length] && !read_bits(&bits, word + length + 1, most))
        return err_set(err, ERR_USAGE, "'%s' needs a number from 0 to %u behind its '/'", word,
                       most);
    *range = around(&address, bits + IPV6_BITS - most);
    if (compare(&range->first, &address) != 0)
        return refuse_host_bits(word, range, err);
    return 0;
}

/* ---- the ranges of one family ---- */

static int grow(struct cidr_family *family)
{
    size_t capacity = family->capacity ? 2 * family->capacity : FIRST_RANGES;
    struct range *grown = realloc(family->set, capacity * sizeof *grown);

    if (!grown)
        return -1;
    family->set = grown;
    family->capacity = capacity;
    return 0;
}

static int append(struct cidr_family *family, const struct range *range, struct err *err)
{
    if (family->count == family->capacity && grow(family) < 0)
        return err_memory(err);
    family->set[family->count++] = *range;
    return 0;
}

/* By their starts; a wider range before the ranges inside it. */
static int compare_ranges(const void *left, const void *right)
{
    const struct range *a = left, *b = right;
    int order = compare(&a->first, &b->first);

    return order ? order : compare(&b->last, &a->last);
}

/* CIDR ranges never overlap in part, so that a range is inside the last one kept, or behind it. */
static void settle(struct cidr_family *family)
{
    struct range *all = family->set;
    size_t kept = 0;

    if (!all)
        return;
    qsort(all, family->count, sizeof *all, compare_ranges);
    for (size_t i = 0; i < family->count; i++)
        if (!kept || compare(&all[i].first, &all[kept - 1].last) > 0)
            all[kept++] = all[i];
    family->count = kept;
}

static int compare_to_range(const void *key, const void *item)
{
    const struct range *range = item;

    if (compare(key, &range->first) < 0)
        return -1;
    return compare(key, &range->last) > 0;
}

static bool holds(const struct cidr_family *family, const struct in6_addr *address)
{
    return family->count &&
           bsearch(address, family->set, family->count, sizeof *family->set, compare_to_range);
}

/* ---- the set ---- */

int cidr_add(struct cidr_set *set, const char *bytes, size_t n, struct err *err)
{
    struct range range = {0};
    char word[WORD];

    if (memchr(bytes, '\0', n))
        return err_set(err, ERR_USAGE, "there is a NUL byte; lists are plain text");
    if (n >= sizeof word)
        return err_set(err, ERR_USAGE, "'%.40s...' is too long for an address", bytes);
    memcpy(word, bytes, n);
    word[n] = '\0';
    if (parse(&range, word, err) < 0)
        return -1;
    return append(IN6_IS_ADDR_V4MAPPED(&range.first) ? &set->ipv4 : &set->ipv6, &range, err);
}

void cidr_settle(struct cidr_set *set)
{
    settle(&set->ipv4);
    settle(&set->ipv6);
}

bool cidr_hold(const struct cidr_set *set, const struct in6_addr *address)
{
    return holds(IN6_IS_ADDR_V4MAPPED(address) ? &set->ipv4 : &set->ipv6, address);
}

void cidr_fini(struct cidr_set *set)
{
    free(set->ipv4.set);
    free(set->ipv6.set);
    *set = (struct cidr_set){0};
}
