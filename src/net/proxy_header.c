/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"

static const unsigned char signature[12] = "\r\n\r\n\0\r\nQUIT\n";
static const char line_begin[] = "PROXY ";

enum {
    VERSION_2 = 0x20,
    LOCAL = 0,
    PROXY = 1,
    INET_STREAM = 0x11,
    INET6_STREAM = 0x21,
    UNIX_STREAM = 0x31,
    INET_BYTES = 12,  /* two addresses and two ports */
    INET6_BYTES = 36, /* the same */
    UNIX_PATH = PROXY_HEADER_UNIX / 2,
};

static enum proxy_header_answer break_off(struct proxy_header *header, const char *fault)
{
    header->fault = fault;
    return PROXY_HEADER_BROKEN;
}

/* ---- version 1 ---- */

/* A word of the line, and the blank behind it. NULL: the line has no such word. */
static const char *next_word(char **line)
{
    char *word = *line;
    size_t length = strcspn(word, " ");

    if (!length)
        return NULL;
    *line += length + (word[length] == ' ');
    word[length] = '\0';
    return word;
}

/* -1: the word is no port, which has no zero in front. */
static int port_of(const char *word)
{
    int port = word ? ascii_number(word, 5) : -1;

    return port > 65535 || (port >= 0 && *word == '0' && word[1]) ? -1 : port;
}

static int set_ip(struct endpoint *peer, int family, const char *host, int port)
{
    struct in6_addr address;

    if (!host || port < 0 || inet_pton(family, host, &address) != 1)
        return -1;
    *peer = (struct endpoint){0};
    if (family == AF_INET) {
        peer->address.v4.sin_family = AF_INET;
        memcpy(&peer->address.v4.sin_addr, &address, sizeof peer->address.v4.sin_addr);
        peer->length = sizeof peer->address.v4;
    } else {
        peer->address.v6.sin6_family = AF_INET6;
        peer->address.v6.sin6_addr = address;
        peer->length = sizeof peer->address.v6;
    }
    endpoint_set_port(peer, (unsigned)port);
    return 0;
}

/* "TCP4 192.0.2.1 192.0.2.2 53122 80", and nothing behind it. */
static bool read_addresses(struct proxy_header *header, int family, char *line)
{
    const char *from = next_word(&line), *to = next_word(&line);
    int port = port_of(next_word(&line)), port_here = port_of(next_word(&line));
    struct endpoint here;

    header->has_peer = true;
    return !*line && set_ip(&header->peer, family, from, port) == 0 &&
           set_ip(&here, family, to, port_here) == 0;
}

static enum proxy_header_answer read_line(struct proxy_header *header)
{
    char copy[PROXY_HEADER_LINE + 1], *line = copy + sizeof line_begin - 1;
    const char *family;
    bool is_right;

    memcpy(copy, header->bytes, header->length);
    copy[header->length - 2] = '\0';
    if (strlen(copy) + 2 != header->length)
        return break_off(header, N_("its header of the PROXY protocol has a NUL"));
    family = next_word(&line);
    if (family && !strcmp(family, "UNKNOWN"))
        return PROXY_HEADER_DONE;
    is_right = family && ((!strcmp(family, "TCP4") && read_addresses(header, AF_INET, line)) ||
                          (!strcmp(family, "TCP6") && read_addresses(header, AF_INET6, line)));
    return is_right
               ? PROXY_HEADER_DONE
               : break_off(header, N_("its header of the PROXY protocol has no right addresses"));
}

static enum proxy_header_answer judge_line(struct proxy_header *header)
{
    size_t n = header->length;

    if (memcmp(header->bytes, line_begin, n < sizeof line_begin - 1 ? n : sizeof line_begin - 1) !=
        0)
        return break_off(header, N_("it began without a header of the PROXY protocol"));
    if (header->bytes[n - 1] == '\n')
        return header->bytes[n - 2] == '\r'
                   ? read_line(header)
                   : break_off(header, N_("its header of the PROXY protocol ends with LF alone; "
                                          "the end of version 1 is CR LF"));
    return n < PROXY_HEADER_LINE
               ? PROXY_HEADER_MORE
               : break_off(header, N_("its header of the PROXY protocol has no end in 107 bytes"));
}

/* ---- version 2 ---- */

static void set_unix(struct endpoint *peer, const unsigned char path[UNIX_PATH])
{
    size_t length = strnlen((const char *)path, UNIX_PATH);

    *peer = (struct endpoint){0};
    peer->address.local.sun_family = AF_UNIX;
    peer->length = offsetof(struct sockaddr_un, sun_path);
    if (!length)
        return;
    length = length < sizeof peer->address.local.sun_path ? length
                                                          : sizeof peer->address.local.sun_path - 1;
    memcpy(peer->address.local.sun_path, path, length);
    peer->length += (socklen_t)length + 1;
}

static void set_binary(struct endpoint *peer, const unsigned char *at, unsigned kind)
{
    *peer = (struct endpoint){0};
    switch (kind) {
    case INET_STREAM:
        peer->address.v4.sin_family = AF_INET;
        memcpy(&peer->address.v4.sin_addr, at, 4);
        memcpy(&peer->address.v4.sin_port, at + 8, 2);
        peer->length = sizeof peer->address.v4;
        break;
    case INET6_STREAM:
        peer->address.v6.sin6_family = AF_INET6;
        memcpy(&peer->address.v6.sin6_addr, at, 16);
        memcpy(&peer->address.v6.sin6_port, at + 32, 2);
        peer->length = sizeof peer->address.v6;
        break;
    default: set_unix(peer, at);
    }
}

static enum proxy_header_answer read_binary(struct proxy_header *header, size_t length)
{
    unsigned command = header->bytes[12] & 0xF, kind = header->bytes[13];
    size_t needed = kind == INET_STREAM    ? INET_BYTES
                    : kind == INET6_STREAM ? INET6_BYTES
                    : kind == UNIX_STREAM  ? PROXY_HEADER_UNIX
                                           : 0;

    if (command == LOCAL || !needed)
        return PROXY_HEADER_DONE;
    if (length < needed)
        return break_off(header,
                         N_("its header of the PROXY protocol is too short for its addresses"));
    header->has_peer = true;
    set_binary(&header->peer, header->bytes + PROXY_HEADER_V2, kind);
    return PROXY_HEADER_DONE;
}

static enum proxy_header_answer judge_binary(struct proxy_header *header)
{
    size_t n = header->length, length;

    if (memcmp(header->bytes, signature, n < sizeof signature ? n : sizeof signature) != 0)
        return break_off(header, N_("it began without a header of the PROXY protocol"));
    if (n > sizeof signature && (header->bytes[12] & 0xF0) != VERSION_2)
        return break_off(header, N_("its header of the PROXY protocol has an unknown version"));
    if (n > sizeof signature && (header->bytes[12] & 0xF) > PROXY)
        return break_off(header, N_("its header of the PROXY protocol has an unknown command"));
    if (n < PROXY_HEADER_V2)
        return PROXY_HEADER_MORE;
    length = (size_t)header->bytes[14] << 8 | header->bytes[15];
    return n < PROXY_HEADER_V2 + length ? PROXY_HEADER_MORE : read_binary(header, length);
}

/* ---- both ---- */

static enum proxy_header_answer take(struct proxy_header *header, unsigned char byte)
{
    if (header->length < sizeof header->bytes)
        header->bytes[header->length] = byte;
    header->length++;
    return header->bytes[0] == signature[0] ? judge_binary(header) : judge_line(header);
}

enum proxy_header_answer proxy_header_feed(struct proxy_header *header, const void *bytes, size_t n,
                                           size_t *used)
{
    enum proxy_header_answer answer = PROXY_HEADER_MORE;
    const unsigned char *from = bytes;
    size_t at = 0;

    while (at < n && answer == PROXY_HEADER_MORE)
        answer = take(header, from[at++]);
    *used = at;
    return answer;
}
