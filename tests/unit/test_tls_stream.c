/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "fake.h"
#include "net/tls_stream.h"

/* ---- two ends that speak TLS over streams in memory ---- */

struct end {
    struct tls_rules rules;
    struct tls_context *context;
    struct fake inner;
    struct stream *stream;
    unsigned told; /* bits, since the last look */
    int calls;
};

struct world {
    uv_loop_t loop;
    const char *pins[2];
    struct end server, client;
};

static void on_ready(void *owner, unsigned bits)
{
    struct end *end = owner;

    end->told |= bits;
    end->calls++;
}

static void open_end(struct world *world, struct end *end)
{
    struct err err;

    end->context = tls_module.context_new(&end->rules, &err);
    assert_non_null(end->context);
    fake_init(&end->inner, &world->loop);
    end->stream = tls_stream_new(&world->loop, &tls_module, end->context, &end->inner.stream, &err);
    assert_non_null(end->stream);
    stream_own(end->stream, on_ready, end);
}

/* At most n bytes that one end has written arrive at the other one. */
static void pass_some(struct end *from, struct end *to, size_t n)
{
    size_t length = buf_length(&from->inner.output);

    n = n < length ? n : length;
    if (n)
        assert_int_equal(buf_append(&to->inner.input, buf_bytes(&from->inner.output), n), 0);
    buf_consume(&from->inner.output, n);
}

static void pass(struct world *world)
{
    pass_some(&world->client, &world->server, WHOLE);
    pass_some(&world->server, &world->client, WHOLE);
}

static void turn(struct world *world, int turns)
{
    while (turns--)
        uv_run(&world->loop, UV_RUN_NOWAIT);
}

static void open_world(struct world *world)
{
    *world = (struct world){.server.rules.listens = true};
    uv_loop_init(&world->loop);
    open_end(world, &world->server);
    world->pins[0] = world->server.context->pin;
    world->client.rules.pins = world->pins;
    open_end(world, &world->client);
}

static void shake_hands(struct world *world)
{
    struct err err;
    int server = 1, client = 1;

    for (int i = 0; i < 200 && (server || client); i++) {
        client = client ? tls_stream_handshake(world->client.stream, &err) : 0;
        server = server ? tls_stream_handshake(world->server.stream, &err) : 0;
        assert_true(client >= 0 && server >= 0);
        pass(world);
    }
    assert_int_equal(server + client, 0);
}

static void open_talk(struct world *world)
{
    open_world(world);
    shake_hands(world);
}

static void close_world(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        struct end *end = i ? &world->client : &world->server;

        if (!end->inner.closed)
            stream_close(end->stream, STREAM_ABORT);
        turn(world, 3);
        tls_module.context_free(end->context);
        fake_fini(&end->inner);
    }
    turn(world, 3);
    assert_int_equal(uv_loop_close(&world->loop), 0);
}

static void says(struct end *end, const char *text)
{
    struct err err;

    assert_int_equal(stream_write(end->stream, text, strlen(text), &err), strlen(text));
}

static void reads(struct end *end, const char *text)
{
    char bytes[256] = "";
    struct err err;

    assert_int_equal(stream_read(end->stream, bytes, sizeof bytes - 1, &err), strlen(text));
    assert_string_equal(bytes, text);
}

static void reads_nothing(struct end *end)
{
    char byte;
    struct err err;

    assert_int_equal(stream_read(end->stream, &byte, 1, &err), STREAM_AGAIN);
}

static void fails(struct end *end, enum err_kind kind, const char *sentence)
{
    char byte;
    struct err err;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(stream_read(end->stream, &byte, 1, &err), STREAM_FAIL);
        assert_int_equal(err.kind, kind);
        assert_string_equal(err.sentence, sentence);
    }
}

/* ---- tests ---- */

static void test_bytes_pass_both_ways(void **state)
{
    struct world world;

    (void)state;
    open_talk(&world);
    says(&world.client, "from the client");
    says(&world.server, "from the server");
    assert_null(memmem(buf_bytes(&world.client.inner.output),
                       buf_length(&world.client.inner.output), "client", 6));
    pass(&world);
    reads(&world.server, "from the client");
    reads(&world.client, "from the server");
    reads_nothing(&world.client);
    close_world(&world);
}

static void test_close_notify_is_half_close(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_talk(&world);
    says(&world.client, "last");
    assert_int_equal(stream_finish(world.client.stream, &err), 0);
    assert_true(world.client.inner.finished);
    pass(&world);
    reads(&world.server, "last");
    reads(&world.server, "");
    says(&world.server, "still here");
    pass(&world);
    reads(&world.client, "still here");
    close_world(&world);
}

static void test_end_without_close_notify_is_cut_off(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_talk(&world);
    says(&world.client, "before");
    pass(&world);
    world.server.inner.input_ends = true;
    reads(&world.server, "before");
    fails(&world.server, ERR_SECURITY,
          "192.0.2.1:8080: the conversation was cut off: it ended without TLS's close_notify");
    says(&world.server, "after the cut");
    assert_int_equal(stream_finish(world.server.stream, &err), 0);
    pass(&world);
    reads(&world.client, "after the cut");
    reads(&world.client, "");
    close_world(&world);
}

static void test_failure_inside_keeps_its_words(void **state)
{
    struct world world;

    (void)state;
    open_talk(&world);
    world.server.inner.read_fails = ERR_NETWORK;
    fails(&world.server, ERR_NETWORK, "reading failed");
    close_world(&world);
}

static void test_broken_record_is_refused_with_an_alert(void **state)
{
    struct world world;

    (void)state;
    open_talk(&world);
    says(&world.client, "to be changed");
    world.client.inner.output.bytes[world.client.inner.output.start + 8] ^= 1;
    pass(&world);
    fails(&world.server, ERR_SECURITY,
          "192.0.2.1:8080: what came was changed on its way: a record of TLS is broken");
    assert_true(buf_length(&world.server.inner.output) > 0);
    stream_close(world.server.stream, STREAM_BREAK);
    assert_int_equal(world.server.inner.how, STREAM_LINGER);
    pass_some(&world.server, &world.client, WHOLE);
    fails(&world.client, ERR_SECURITY,
          "192.0.2.1:8080: the other side broke TLS off (alert bad record mac)");
    close_world(&world);
}

static void test_half_record_does_not_spin(void **state)
{
    struct world world;

    (void)state;
    open_talk(&world);
    says(&world.client, "a record in two halves");
    pass_some(&world.client, &world.server, 12);
    stream_watch(world.server.stream, STREAM_IN);
    turn(&world, 3);
    assert_true(world.server.told & STREAM_IN);
    reads_nothing(&world.server);
    stream_watch(world.server.stream, STREAM_IN);
    world.server.calls = 0;
    turn(&world, 20);
    assert_int_equal(world.server.calls, 0);
    pass(&world);
    turn(&world, 3);
    assert_true(world.server.calls > 0);
    reads(&world.server, "a record in two halves");
    close_world(&world);
}

/* OpenSSL holds them; the inner stream has nothing to tell. */
static void test_rest_of_a_record_is_told_from_the_loop(void **state)
{
    struct world world;
    char byte;
    struct err err;

    (void)state;
    open_talk(&world);
    says(&world.client, "abc");
    pass(&world);
    assert_int_equal(stream_read(world.server.stream, &byte, 1, &err), 1);
    assert_int_equal(buf_length(&world.server.inner.input), 0);
    stream_watch(world.server.stream, STREAM_IN);
    assert_int_equal(world.server.calls, 0);
    turn(&world, 4);
    assert_true(world.server.calls > 1);
    reads(&world.server, "bc");
    close_world(&world);
}

static void test_record_without_room_waits(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_talk(&world);
    world.client.inner.room = 10;
    says(&world.client, "more than ten bytes");
    assert_int_equal(stream_write(world.client.stream, "x", 1, &err), STREAM_AGAIN);
    assert_int_equal(stream_finish(world.client.stream, &err), STREAM_AGAIN);
    stream_watch(world.client.stream, STREAM_OUT);
    turn(&world, 3);
    assert_int_equal(world.client.calls, 0);
    world.client.inner.room = WHOLE;
    turn(&world, 3);
    assert_true(world.client.told & STREAM_OUT);
    says(&world.client, ", and more");
    pass(&world);
    reads(&world.server, "more than ten bytes, and more"); /* two records, one read */
    close_world(&world);
}

static void test_failed_write_does_not_end_the_reading(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_talk(&world);
    says(&world.client, "already on its way");
    pass(&world);
    world.server.inner.write_fails = ERR_NETWORK;
    assert_int_equal(stream_write(world.server.stream, "x", 1, &err), STREAM_FAIL);
    assert_int_equal(err.kind, ERR_NETWORK);
    reads(&world.server, "already on its way");
    assert_int_equal(stream_finish(world.server.stream, &err), STREAM_FAIL);
    close_world(&world);
}

static void test_lingering_close_waits_for_room(void **state)
{
    struct world world;

    (void)state;
    open_talk(&world);
    world.client.inner.room = 10;
    says(&world.client, "last words");
    stream_close(world.client.stream, STREAM_LINGER);
    turn(&world, 3);
    assert_false(world.client.inner.closed);
    world.client.inner.room = WHOLE;
    turn(&world, 3);
    assert_true(world.client.inner.closed);
    assert_int_equal(world.client.inner.how, STREAM_LINGER);
    pass(&world);
    reads(&world.server, "last words");
    reads(&world.server, "");
    close_world(&world);
}

static void test_break_sends_no_close_notify(void **state)
{
    struct world world;

    (void)state;
    open_talk(&world);
    says(&world.client, "last words");
    stream_close(world.client.stream, STREAM_BREAK);
    assert_int_equal(world.client.inner.how, STREAM_BREAK);
    pass(&world);
    world.server.inner.input_ends = true;
    reads(&world.server, "last words");
    fails(&world.server, ERR_SECURITY,
          "192.0.2.1:8080: the conversation was cut off: it ended without TLS's close_notify");
    close_world(&world);
}

static void test_wrong_pin_is_refused_with_the_right_one(void **state)
{
    static const char *const pins[] = {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                       NULL};
    char sentence[256];
    struct world world;
    struct err err;

    (void)state;
    open_world(&world);
    world.client.rules.pins = (const char **)pins;
    assert_int_equal(tls_stream_handshake(world.client.stream, &err), STREAM_IN);
    pass(&world);
    assert_int_equal(tls_stream_handshake(world.server.stream, &err), STREAM_IN);
    pass(&world);
    assert_int_equal(tls_stream_handshake(world.client.stream, &err), STREAM_FAIL);
    assert_int_equal(err.kind, ERR_SECURITY);
    snprintf(
        sentence, sizeof sentence,
        "192.0.2.1:8080: its key is not the one of --tls-pin, it is %s: somebody else answers, "
        "or the other side has a new key; ask it by a way that nobody can change",
        world.server.context->pin);
    assert_string_equal(err.sentence, sentence);
    pass(&world);
    assert_int_equal(tls_stream_handshake(world.server.stream, &err), STREAM_FAIL);
    assert_non_null(strstr(err.sentence, "the other side"));
    close_world(&world);
}

static void test_plain_text_is_no_tls(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_world(&world);
    gives(&world.server.inner, "GET / HTTP/1.1\r\n\r\n");
    assert_int_equal(tls_stream_handshake(world.server.stream, &err), STREAM_FAIL);
    assert_string_equal(err.sentence, "192.0.2.1:8080: the other side does not speak TLS");
    assert_int_equal(err.kind, ERR_SECURITY);
    close_world(&world);
}

enum { MUCH = 300001 };

/* Short pieces, calls that say "not now", many pieces in one call. */
static void test_bytes_are_exact_however_they_are_cut(void **state)
{
    static unsigned char sent[MUCH], got[MUCH];
    struct dice dice = {4711};
    size_t put = 0, taken = 0;
    struct world world;
    struct err err;

    (void)state;
    open_talk(&world);
    world.client.inner.dice = world.server.inner.dice = &dice;
    for (size_t i = 0; i < MUCH; i++)
        sent[i] = (unsigned char)dice_roll(&dice, 256);
    while (taken < MUCH) {
        size_t rest = MUCH - put, n = rest ? 1 + dice_roll(&dice, 40000) : 0;
        struct iovec iov[3];
        ssize_t some;

        n = n < rest ? n : rest;
        for (int i = 0; i < 3; i++)
            iov[i] =
                (struct iovec){sent + put + (size_t)i * (n / 3), i < 2 ? n / 3 : n - 2 * (n / 3)};
        some = n ? world.client.stream->ops->writev(world.client.stream, iov, 3, &err) : 0;
        assert_true(some >= 0 || some == STREAM_AGAIN);
        put += some > 0 ? (size_t)some : 0;
        stream_watch(world.client.stream, 0);
        turn(&world, 1);
        pass(&world);
        some = stream_read(world.server.stream, got + taken,
                           1 + dice_roll(&dice, 30000) % (MUCH - taken), &err);
        assert_true(some > 0 || some == STREAM_AGAIN);
        taken += some > 0 ? (size_t)some : 0;
    }
    assert_memory_equal(sent, got, MUCH);
    close_world(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_pass_both_ways),
        cmocka_unit_test(test_close_notify_is_half_close),
        cmocka_unit_test(test_end_without_close_notify_is_cut_off),
        cmocka_unit_test(test_failure_inside_keeps_its_words),
        cmocka_unit_test(test_broken_record_is_refused_with_an_alert),
        cmocka_unit_test(test_half_record_does_not_spin),
        cmocka_unit_test(test_rest_of_a_record_is_told_from_the_loop),
        cmocka_unit_test(test_record_without_room_waits),
        cmocka_unit_test(test_failed_write_does_not_end_the_reading),
        cmocka_unit_test(test_lingering_close_waits_for_room),
        cmocka_unit_test(test_break_sends_no_close_notify),
        cmocka_unit_test(test_wrong_pin_is_refused_with_the_right_one),
        cmocka_unit_test(test_plain_text_is_no_tls),
        cmocka_unit_test(test_bytes_are_exact_however_they_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
