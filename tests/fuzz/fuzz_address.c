/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte chooses: an address from one or two words, or an endpoint from bytes. */
#include "fuzz.h"

#include <netdb.h>
#include <stdbool.h>

#include "net/address.h"

enum { HOST_OPTIONAL = 1, TWO_WORDS = 2, ENDPOINT = 4 };

static bool is_port(const char *port)
{
    if (port[strspn(port, "0123456789")])
        return getservbyname(port, "tcp") != NULL;
    return *port && strlen(port) <= 5 && atoi(port) <= 65535;
}

static void check_label(const struct address *address)
{
    char label[ADDRESS_LABEL];
    struct address again;

    memset(label, 0xA5, sizeof label);
    address_label(address, label);
    CLAIM(memchr(label, '\0', sizeof label));
    CLAIM(strlen(label) < sizeof label - 1);
    /* "unix" may also be a host, and the label of that is ambiguous. */
    if (!*address->host && !address_is_unix(address))
        return;
    if (!address_is_unix(address) && !strcmp(address->host, "unix"))
        return;
    /* "\\x01" is shown for a byte of an abstract name, and may also be written. */
    if (address->kind == ADDRESS_ABSTRACT && strchr(label, '\\'))
        return;
    CLAIM(address_parse(&again, label, NULL, false, NULL) == 0);
    CLAIM(again.kind == address->kind);
    CLAIM(!strcmp(again.host, address->host));
    CLAIM(!strcmp(again.port, address->port));
    CLAIM(!strcmp(again.path, address->path));
}

static void check_path(const struct address *address, const char *first, const char *second)
{
    struct endpoint endpoint;
    char label[ADDRESS_LABEL];
    bool is_abstract = address->kind == ADDRESS_ABSTRACT;

    CLAIM(!second && !strncmp(first, "unix:", 5) && is_abstract == (first[5] == '@') &&
          !strcmp(address->path, first + 5 + is_abstract));
    CLAIM(*address->path && !*address->host && !*address->port);
    address_unix_endpoint(address, &endpoint);
    endpoint_label(&endpoint, label);
    CLAIM(!strcmp(label, first) || (is_abstract && strchr(label, '\\')));
    CLAIM(endpoint_port(&endpoint) == 0);
}

static void check_address(const char *first, const char *second, bool host_optional)
{
    struct address address;
    struct err err = {0};

    memset(&address, 0xA5, sizeof address);
    if (address_parse(&address, first, second, host_optional, &err) < 0) {
        CLAIM(err.kind == ERR_USAGE && *err.sentence);
        CLAIM(memchr(err.sentence, '\0', sizeof err.sentence));
        return;
    }
    CLAIM(err.kind == ERR_NONE);
    check_label(&address);
    if (address.kind == ADDRESS_INHERITED) {
        CLAIM(host_optional && !second && address.fds == 1 && address.fd >= 0);
        return;
    }
    if (address_is_unix(&address)) {
        check_path(&address, first, second);
        return;
    }
    CLAIM(is_port(address.port));
    CLAIM(!*address.path);
    CLAIM(*address.host || (host_optional && !second));
    CLAIM(strstr(first, address.host));
    CLAIM(!second || !strcmp(address.port, second));
}

static void check_endpoint(struct data *input)
{
    static const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX};
    struct endpoint endpoint = {.length = sizeof endpoint.address};
    unsigned char *bytes = (unsigned char *)&endpoint.address;
    sa_family_t family = families[input_byte(input) % 3];
    unsigned port = input_byte(input) * 257u;
    char label[ADDRESS_LABEL];

    for (size_t i = 0; i < sizeof endpoint.address; i++)
        bytes[i] = input_byte(input);
    endpoint.address.any.sa_family = family;
    endpoint_label(&endpoint, label);
    CLAIM(strlen(label) < sizeof label - 1);
    CLAIM(family != AF_UNIX || !strncmp(label, "unix:", 5));
    endpoint_set_port(&endpoint, port);
    CLAIM(endpoint.address.any.sa_family == family);
    CLAIM(endpoint_port(&endpoint) == (family == AF_UNIX ? 0 : port));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    uint8_t flags = input_byte(&input);
    char *first, *second;

    if (flags & ENDPOINT) {
        check_endpoint(&input);
        return 0;
    }
    first = input_word(&input);
    second = flags & TWO_WORDS ? input_word(&input) : NULL;
    if (first)
        check_address(first, second, flags & HOST_OPTIONAL);
    free(first);
    free(second);
    return 0;
}
