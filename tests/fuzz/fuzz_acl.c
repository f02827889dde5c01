/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An acl against a naive reader of the same rules. The input is a byte of flags, three texts up to
 * a NUL each (--allow, --deny, the file of the other side), and a file. The target asks for every
 * address at the edge of a rule. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/acl.h"

enum { ALLOW = 1, DENY = 2, OTHER_FILE = 4, MAIN_FILE = 8, MAIN_ALLOWS = 16, RULES = 64 };

/* ---- a naive list ---- */

struct rule {
    bool is_ipv4;
    uint8_t bytes[16]; /* IPv4: the first four */
    unsigned bits;
};

struct naive {
    struct rule rules[RULES];
    size_t count;
    bool given, broken, too_many;
};

static bool is_set(const uint8_t *bytes, unsigned bit)
{
    return bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* ::ffff:0:0/96 becomes IPv4. */
static void unmap(struct rule *rule)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

    if (rule->is_ipv4 || rule->bits < 96 || memcmp(rule->bytes, mapped, sizeof mapped) != 0)
        return;
    memmove(rule->bytes, rule->bytes + 12, 4);
    rule->is_ipv4 = true;
    rule->bits -= 96;
}

static bool read_rule(struct rule *rule, char *word)
{
    char *slash = strchr(word, '/');
    size_t length;
    unsigned most;

    if (slash)
        *slash++ = '\0';
    length = strlen(word);
    rule->is_ipv4 = inet_pton(AF_INET, word, rule->bytes) == 1;
    most = rule->is_ipv4 ? 32 : 128;
    if (!rule->is_ipv4 && *word == '[' && word[length - 1] == ']') {
        word[length - 1] = '\0';
        word++;
    }
    if (!rule->is_ipv4 && inet_pton(AF_INET6, word, rule->bytes) != 1)
        return false;
    if (slash && (!*slash || strlen(slash) > 3 || slash[strspn(slash, "0123456789")]))
        return false;
    rule->bits = slash ? (unsigned)atoi(slash) : most;
    for (unsigned bit = rule->bits; bit < most; bit++)
        if (is_set(rule->bytes, bit))
            return false;
    if (rule->bits > most)
        return false;
    unmap(rule);
    return true;
}

static void add_word(struct naive *naive, const char *bytes, size_t n)
{
    char *word = strndup(bytes, n);

    CLAIM(word);
    if (strlen(word) != n || !read_rule(&naive->rules[naive->count], word))
        naive->broken = true;
    else if (naive->count + 1 < RULES)
        naive->count++;
    else
        naive->too_many = true;
    free(word);
}

/* Reads byte by byte: in a comment, in a word, or between words. */
static void add_text(struct naive *naive, const char *text, size_t n, bool has_comments)
{
    bool is_comment = false;
    size_t start = 0;

    for (size_t i = 0; i <= n; i++) {
        bool ends_line = i == n || text[i] == '\n' || text[i] == '\r';
        bool starts_comment = i < n && text[i] == '#' && has_comments;
        bool ends_word = ends_line || starts_comment || memchr(", \t", text[i], 3);

        if (!ends_word)
            continue;
        if (i > start && !is_comment)
            add_word(naive, text + start, i - start);
        is_comment = !ends_line && (is_comment || starts_comment);
        start = i + 1;
    }
}

static void add_list(struct naive *naive, const char *list)
{
    if (!list)
        return;
    naive->given = true;
    naive->broken |= !list[strspn(list, ", \t\r\n")];
    add_text(naive, list, strlen(list), false);
}

static void add_file(struct naive *naive, const char *text, size_t n)
{
    size_t mark = n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;

    naive->given = true;
    add_text(naive, text + mark, n - mark, true);
}

static bool matches(const struct rule *rule, const struct rule *peer)
{
    if (rule->is_ipv4 != peer->is_ipv4)
        return false;
    for (unsigned bit = 0; bit < rule->bits; bit++)
        if (is_set(rule->bytes, bit) != is_set(peer->bytes, bit))
            return false;
    return true;
}

static bool naively_holds(const struct naive *naive, const struct rule *peer)
{
    for (size_t i = 0; i < naive->count; i++)
        if (matches(&naive->rules[i], peer))
            return true;
    return false;
}

/* ---- both answers ---- */

struct question {
    struct acl access;
    struct naive allow, deny;
};

static struct endpoint endpoint_of(const struct rule *peer)
{
    struct endpoint endpoint = {0};

    if (peer->is_ipv4) {
        endpoint.length = sizeof endpoint.address.v4;
        endpoint.address.v4.sin_family = AF_INET;
        memcpy(&endpoint.address.v4.sin_addr, peer->bytes, 4);
    } else {
        endpoint.length = sizeof endpoint.address.v6;
        endpoint.address.v6.sin6_family = AF_INET6;
        memcpy(&endpoint.address.v6.sin6_addr, peer->bytes, 16);
    }
    return endpoint;
}

static void ask(const struct question *question, struct rule peer)
{
    struct endpoint endpoint = endpoint_of(&peer);
    bool expected;

    peer.bits = peer.is_ipv4 ? 32 : 128;
    unmap(&peer);
    expected = !naively_holds(&question->deny, &peer) &&
               (!question->allow.given || naively_holds(&question->allow, &peer));
    CLAIM(acl_admits(&question->access, &endpoint) == expected);
}

/* The next or the previous address, with wrap-around. */
static struct rule neighbour(struct rule peer, int step)
{
    uint8_t carry = step > 0 ? 0xFF : 0;

    for (size_t i = peer.is_ipv4 ? 4 : 16; i--;) {
        bool carries = peer.bytes[i] == carry;

        peer.bytes[i] = (uint8_t)(peer.bytes[i] + step);
        if (!carries)
            break;
    }
    return peer;
}

static struct rule as_ipv6(const struct rule *ipv4)
{
    struct rule peer = {.bytes = {[10] = 0xFF, [11] = 0xFF}};

    memcpy(peer.bytes + 12, ipv4->bytes, 4);
    return peer;
}

static void ask_around(const struct question *question, const struct rule *rule)
{
    struct rule last = *rule;

    for (unsigned bit = rule->bits; bit < (rule->is_ipv4 ? 32u : 128u); bit++)
        last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    ask(question, *rule);
    ask(question, last);
    ask(question, neighbour(*rule, -1));
    ask(question, neighbour(last, 1));
    if (rule->is_ipv4) {
        ask(question, as_ipv6(rule));
        ask(question, neighbour(as_ipv6(&last), 1));
    }
}

static void ask_all(const struct question *question)
{
    struct endpoint local = {.length = sizeof local.address.local};

    for (size_t i = 0; i < question->allow.count; i++)
        ask_around(question, &question->allow.rules[i]);
    for (size_t i = 0; i < question->deny.count; i++)
        ask_around(question, &question->deny.rules[i]);
    ask(question, (struct rule){.is_ipv4 = true, .bytes = {127, 0, 0, 1}});
    ask(question, (struct rule){.bytes = {[15] = 1}});
    local.address.any.sa_family = AF_UNIX;
    CLAIM(acl_admits(&question->access, &local));
}

/* ---- files ---- */

struct file {
    int fd;
    char path[32];
};

static void open_file(struct file *file)
{
    file->fd = memfd_create("access", MFD_CLOEXEC);
    CLAIM(file->fd >= 0);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static void write_file(const struct file *file, const char *text, size_t n)
{
    CLAIM(ftruncate(file->fd, 0) == 0);
    CLAIM(pwrite(file->fd, text, n, 0) == (ssize_t)n);
}

static void check_sentence(const struct err *err)
{
    CLAIM(err->kind == ERR_USAGE && *err->sentence);
    CLAIM(strlen(err->sentence) < sizeof err->sentence - 1);
}

/* A wrong line at the end breaks the file, and the former rules stay. */
static void break_file(struct question *question, const struct file *file, size_t n)
{
    static const char name[] = "\nexample.org";
    struct err err = {0};

    CLAIM(pwrite(file->fd, name, strlen(name), (off_t)n) == (ssize_t)strlen(name));
    CLAIM(acl_reload(&question->access, &err) == -1);
    check_sentence(&err);
    CLAIM(strstr(err.sentence, file->path) && strstr(err.sentence, "'example.org'"));
    ask_all(question);
}

/* Rules that were not read admit no address. */
static void check_refused(const struct question *question, const struct err *err)
{
    struct endpoint peer = endpoint_of(&(struct rule){.is_ipv4 = true, .bytes = {127, 0, 0, 1}});

    check_sentence(err);
    CLAIM(question->allow.broken || question->deny.broken);
    CLAIM(!acl_admits(&question->access, &peer));
}

static bool names(const char *const *paths, const struct file *file)
{
    return paths && *paths == file->path;
}

static void check(struct question *question, const struct acl_options *options,
                  const struct file *file, const char *text, size_t n)
{
    struct err err = {0};

    memset(&question->access, 0xA5, sizeof question->access);
    write_file(file, text, n);
    if (acl_init(&question->access, options, &err) < 0) {
        check_refused(question, &err);
        return;
    }
    CLAIM(err.kind == ERR_NONE && !question->allow.broken && !question->deny.broken);
    if (!question->allow.too_many && !question->deny.too_many) {
        ask_all(question);
        if (names(options->allow_file, file) || names(options->deny_file, file))
            break_file(question, file, n);
    }
    acl_fini(&question->access);
}

static void use_file(struct question *question, struct acl_options *options, bool allows,
                     const char *const *paths, const char *text, size_t n)
{
    *(allows ? &options->allow_file : &options->deny_file) = paths;
    add_file(allows ? &question->allow : &question->deny, text, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file = {.fd = -1}, other = {.fd = -1};
    struct data input = {data, size};
    uint8_t flags = input_byte(&input);
    char *allow = flags & ALLOW ? input_word(&input) : NULL;
    char *deny = flags & DENY ? input_word(&input) : NULL;
    char *other_text = flags & OTHER_FILE ? input_word(&input) : NULL;
    const char *text = input.left ? (const char *)input.bytes : "";
    const char *const allows[] = {allow, NULL}, *const denies[] = {deny, NULL};
    const char *const paths[] = {file.path, NULL}, *const others[] = {other.path, NULL};
    struct acl_options options = {.allow = allow ? allows : NULL, .deny = deny ? denies : NULL};
    struct question question = {0};

    if (file.fd < 0) {
        open_file(&file);
        open_file(&other);
    }
    add_list(&question.allow, allow);
    add_list(&question.deny, deny);
    if (other_text) {
        write_file(&other, other_text, strlen(other_text));
        use_file(&question, &options, !(flags & MAIN_ALLOWS), others, other_text,
                 strlen(other_text));
    }
    if (flags & MAIN_FILE)
        use_file(&question, &options, flags & MAIN_ALLOWS, paths, text, input.left);
    check(&question, &options, &file, text, input.left);
    free(allow);
    free(deny);
    free(other_text);
    return 0;
}
