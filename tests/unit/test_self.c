/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/self.h"

static struct endpoint numbers(const char *host, unsigned port)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.v4};

    endpoint.address.any.sa_family = AF_INET;
    if (inet_pton(AF_INET, host, &endpoint.address.v4.sin_addr) != 1) {
        endpoint.address.any.sa_family = AF_INET6;
        endpoint.length = sizeof endpoint.address.v6;
        assert_int_equal(inet_pton(AF_INET6, host, &endpoint.address.v6.sin6_addr), 1);
    }
    endpoint_set_port(&endpoint, port);
    return endpoint;
}

static bool reached(const char *bound, const char *target)
{
    struct endpoint one = numbers(bound, 8080), other = numbers(target, 8080);

    return self_is_reached(&one, &other);
}

static void same_address_is_self(void **state)
{
    (void)state;
    assert_true(reached("127.0.0.1", "127.0.0.1"));
    assert_true(reached("::1", "::1"));
    assert_true(reached("127.0.0.1", "::ffff:127.0.0.1"));
    assert_false(reached("127.0.0.1", "127.0.0.2"));
    assert_false(reached("127.0.0.1", "::1"));
    assert_false(reached("::1", "127.0.0.1"));
    assert_false(reached("::1", "::2"));
}

static void other_port_is_not_self(void **state)
{
    struct endpoint one = numbers("127.0.0.1", 8080), other = numbers("127.0.0.1", 8081);

    (void)state;
    assert_false(self_is_reached(&one, &other));
}

/* 192.0.2.0/24 and 2001:db8::/32 are for documentation (RFC 5737, RFC 3849): no machine has them.
 */
static void every_address_covers_this_machine(void **state)
{
    (void)state;
    assert_true(reached("0.0.0.0", "127.0.0.1"));
    assert_true(reached("0.0.0.0", "127.1.2.3"));
    assert_true(reached("0.0.0.0", "::ffff:127.0.0.1"));
    assert_false(reached("0.0.0.0", "192.0.2.1"));
    assert_false(reached("0.0.0.0", "::1"));
    assert_false(reached("::", "127.0.0.1"));
    assert_false(reached("::", "2001:db8::1"));
}

/* Linux connects to the loopback where the target is every address. */
static void every_address_as_a_target_means_the_loopback(void **state)
{
    (void)state;
    assert_true(reached("0.0.0.0", "0.0.0.0"));
    assert_true(reached("127.0.0.1", "0.0.0.0"));
    assert_true(reached("::1", "::"));
    assert_false(reached("127.0.0.2", "0.0.0.0"));
    assert_false(reached("127.0.0.1", "::"));
}

static struct endpoint file(const char *path)
{
    struct address address = {.kind = ADDRESS_PATH};
    struct endpoint endpoint;

    strcpy(address.path, path);
    address_unix_endpoint(&address, &endpoint);
    return endpoint;
}

static void same_file_is_self(void **state)
{
    char path[] = "test_own-XXXXXX", roundabout[sizeof path + 2] = "./";
    struct endpoint bound, target, other = file("/dev/null"), nothing = file("/no/such");
    struct endpoint number = numbers("127.0.0.1", 8080);

    (void)state;
    close(mkstemp(path));
    bound = file(path);
    target = file(strcat(roundabout, path));
    assert_true(self_is_reached(&bound, &bound));
    assert_true(self_is_reached(&bound, &target));
    assert_false(self_is_reached(&bound, &other));
    assert_false(self_is_reached(&nothing, &nothing));
    assert_false(self_is_reached(&bound, &number));
    assert_false(self_is_reached(&number, &bound));
    unlink(path);
}

static struct endpoint abstract(const char *name)
{
    struct address address = {.kind = ADDRESS_ABSTRACT};
    struct endpoint endpoint;

    strcpy(address.path, name);
    address_unix_endpoint(&address, &endpoint);
    return endpoint;
}

static void same_abstract_name_is_self(void **state)
{
    struct endpoint bound = abstract("room"), longer = abstract("rooms"), path = file("room");

    (void)state;
    assert_true(self_is_reached(&bound, &bound));
    assert_false(self_is_reached(&bound, &longer));
    assert_false(self_is_reached(&longer, &bound));
    assert_false(self_is_reached(&bound, &path));
    assert_false(self_is_reached(&path, &bound));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_address_is_self),
        cmocka_unit_test(other_port_is_not_self),
        cmocka_unit_test(every_address_covers_this_machine),
        cmocka_unit_test(every_address_as_a_target_means_the_loopback),
        cmocka_unit_test(same_file_is_self),
        cmocka_unit_test(same_abstract_name_is_self),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
