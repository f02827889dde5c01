/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake.h"
#include "relay/proxy_session.h"
#include "sentences.h"
#include "turns.h"

/* ---- a proxy session and peers, and a server behind it ---- */

enum { PEERS = 20, PATIENCE_MS = 10000, MUCH = 1 << 20 };

/* All fakes have this address. */
#define ADDRESS "192.0.2.1:8080"

static struct spawn spawn; /* the program of a test */

struct world {
    uv_loop_t loop;
    struct helper helper;
    struct proxy_session proxy;
    struct fake peers[PEERS];
    int open; /* of them */
    uv_timer_t alarm;
    bool over;
    int done;
    struct err outcome;
    int listener, served; /* of the server; -1 */
};

static char said[8192]; /* by the log, a line each */
static struct charsets charsets;
static struct charset *utf8, *gbk;

static void on_line(const char *line)
{
    size_t length = strlen(said);

    snprintf(said + length, sizeof said - length, "%s\n", line);
}

static void assert_logged(const char *line)
{
    char whole[600];

    snprintf(whole, sizeof whole, "%s\n", line);
    if (!strstr(said, whole))
        fail_msg("'%s' is not in: %s", line, said);
}

static void on_done(void *owner, const struct err *err)
{
    struct world *world = owner;

    world->done++;
    world->outcome = *err;
}

static void on_alarm(uv_timer_t *timer)
{
    ((struct world *)timer->data)->over = true;
}

static void open_world(struct world *world, const struct proxy_session_options *options)
{
    *world = (struct world){.listener = -1, .served = -1};
    *said = '\0';
    sentences_to(on_line, EVENT_VERBOSE);
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    if (options->spawn)
        spawn_allow(&spawn, &world->helper);
    assert_int_equal(helper_start(&world->helper, NULL), 0);
    proxy_session_init(&world->proxy, &world->loop, options);
    world->proxy.handler.done = on_done;
    world->proxy.handler.owner = world;
    uv_timer_init(&world->loop, &world->alarm);
    world->alarm.data = world;
    uv_timer_start(&world->alarm, on_alarm, PATIENCE_MS, 0);
    uv_unref((uv_handle_t *)&world->alarm);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void close_world(struct world *world)
{
    proxy_session_fini(&world->proxy);
    uv_close((uv_handle_t *)&world->alarm, NULL);
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
    for (int i = 0; i < world->open; i++) {
        assert_true(world->peers[i].closed);
        fake_fini(&world->peers[i]);
    }
    close_fd(world->listener);
    close_fd(world->served);
    sentences_to(NULL, EVENT_ALWAYS);
    helper_fini(&world->helper);
}

static struct fake *come(struct world *world)
{
    struct fake *fake = &world->peers[world->open++];

    fake_init(fake, &world->loop);
    return fake;
}

static int serve(struct world *world, struct fake *fake, struct err *err)
{
    *err = (struct err){.kind = ERR_NONE};
    return handler_serve(&world->proxy.handler, &fake->stream, err);
}

static struct fake *meet(struct world *world)
{
    struct fake *fake = come(world);
    struct err err;

    assert_int_equal(serve(world, fake, &err), 0);
    return fake;
}

/* One turn; the alarm keeps the loop from waiting for ever. */
static void turn(struct world *world)
{
    loop_poll(&world->loop);
    usleep(200);
    assert_false(world->over);
}

static void run_until_closed(struct world *world, const struct fake *fake)
{
    while (!fake->closed)
        turn(world);
}

static void run_until_got(struct world *world, const struct fake *fake, size_t n)
{
    while (buf_length(&fake->output) < n)
        turn(world);
}

/* Turns until nothing keeps the loop, exit statuses included. */
static void run_out(struct world *world)
{
    loop_run(&world->loop);
    assert_int_equal(world->proxy.count, 0);
}

static struct proxy_session_options program(const char *command, bool is_for_shell)
{
    spawn = (struct spawn){.command = command, .shell = is_for_shell};
    return (struct proxy_session_options){.mode = PROXY_SESSION_PROGRAM, .spawn = &spawn};
}

static struct proxy_session_options shell(const char *command)
{
    return program(command, true);
}

static struct proxy_session_options exec(const char *command)
{
    return program(command, false);
}

/* ---- programs ---- */

static void program_is_the_other_end(void **state)
{
    struct proxy_session_options options = exec("/bin/cat");
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    assert_int_equal(world.proxy.count, 1);
    gives(peer, "hello");
    peer->input_ends = true;
    run_out(&world);
    assert_got(peer, "hello");
    assert_true(peer->finished && peer->closed);
    assert_int_equal(peer->how, STREAM_LINGER);
    assert_logged(ADDRESS " closed by the peer; 5 bytes received, 5 sent");
    assert_logged("cat' ended with status 0");
    assert_int_equal(world.done, 0);
    close_world(&world);
}

static void much_goes_both_ways_while_the_peer_is_slow(void **state)
{
    struct proxy_session_options options = exec("cat");
    struct dice dice = {1};
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    for (uint32_t i = 0; i < MUCH / sizeof i; i++)
        assert_int_equal(buf_append(&peer->input, &i, sizeof i), 0);
    peer->input_ends = true;
    peer->dice = &dice;
    peer->write_most = 5000;
    run_out(&world);
    assert_int_equal(buf_length(&peer->output), MUCH);
    for (uint32_t i = 0; i < MUCH / sizeof i; i++)
        assert_memory_equal(buf_bytes(&peer->output) + i * sizeof i, &i, sizeof i);
    close_world(&world);
}

static void program_that_ends_lets_the_peer_go(void **state)
{
    struct proxy_session_options options = shell("echo hi; exit 3");
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    run_out(&world);
    assert_got(peer, "hi\n");
    assert_true(peer->finished);
    assert_int_equal(peer->how, STREAM_LINGER);
    assert_logged(ADDRESS " closed by this side; 0 bytes received, 3 sent");
    assert_logged("' ended with status 3");
    close_world(&world);
}

static void program_that_reads_no_more_may_still_write(void **state)
{
    struct proxy_session_options options =
        shell("head -c 3; exec <&-; sleep 0.2; echo ' and an answer'");
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    for (int i = 0; i < MUCH / 8; i++)
        gives(peer, "question");
    run_out(&world);
    assert_got(peer, "que and an answer\n");
    assert_true(peer->finished);
    assert_int_equal(peer->how, STREAM_LINGER);
    close_world(&world);
}

/* A server that closes its output early still gets all of it. */
static void program_that_writes_no_more_still_gets_input(void **state)
{
    struct proxy_session_options options = shell("exec >&-; test `wc -c` = 8");
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    while (!peer->finished)
        turn(&world);
    gives(peer, "question");
    for (int i = 0; i < 20; i++)
        turn(&world);
    assert_false(peer->closed);
    peer->input_ends = true;
    run_out(&world);
    assert_logged("' ended with status 0");
    close_world(&world);
}

static void background_process_does_not_hold_the_peer(void **state)
{
    struct proxy_session_options options = shell("sleep 60 2>/dev/null & echo hi");
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    run_out(&world);
    assert_got(peer, "hi\n");
    assert_int_equal(peer->how, STREAM_LINGER);
    close_world(&world);
}

static void reset_asks_the_program_to_end(void **state)
{
    struct proxy_session_options options = exec("sleep 60");
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    peer->read_fails = ERR_NETWORK;
    run_out(&world);
    assert_int_equal(peer->how, STREAM_ABORT);
    assert_logged(ADDRESS " broken off by this side: reading failed; 0 bytes received, 0 sent");
    assert_logged(ADDRESS ": reading failed");
    assert_logged("' ended by signal 15 (Terminated)");
    close_world(&world);
}

/* Otherwise the program would take cut-off input for complete. */
static void reset_is_no_end_of_input(void **state)
{
    struct proxy_session_options options = shell("cat >/dev/null; sleep 0.2; exit 5");
    struct world world;

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct fake *peer;

        open_world(&world, &options);
        peer = meet(&world);
        gives(peer, "half of ");
        peer->read_fails = ERR_NETWORK;
        run_out(&world);
        assert_logged("' ended by signal 15 (Terminated)");
        close_world(&world);
    }
}

static void idle_timeout_ends_a_pair(void **state)
{
    struct proxy_session_options options = exec("sleep 60");
    struct world world;
    struct fake *peer;

    (void)state;
    options.relay.idle_ms = 50;
    options.once = true;
    open_world(&world, &options);
    peer = meet(&world);
    run_out(&world);
    assert_int_equal(peer->how, STREAM_ABORT);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_TIMEOUT);
    close_world(&world);
}

static int find_local(const struct stream *peer, struct endpoint *local)
{
    assert_string_equal(stream_label(peer), ADDRESS);
    *local = (struct endpoint){.length = sizeof local->address.v6};
    local->address.v6.sin6_family = AF_INET6;
    local->address.v6.sin6_addr = in6addr_loopback;
    endpoint_set_port(local, 4711);
    return 0;
}

static void program_knows_both_addresses(void **state)
{
    struct proxy_session_options options =
        shell("echo $TCPCHAT_PEER_ADDRESS,$TCPCHAT_PEER_PORT,$TCPCHAT_LOCAL_ADDRESS,"
              "$TCPCHAT_LOCAL_PORT");
    struct world world;
    struct fake *peer;

    (void)state;
    options.local = find_local;
    open_world(&world, &options);
    peer = meet(&world);
    run_out(&world);
    assert_got(peer, "192.0.2.1,8080,::1,4711\n");
    close_world(&world);
    options.local = NULL;
    open_world(&world, &options);
    peer = meet(&world);
    run_out(&world);
    assert_got(peer, "192.0.2.1,8080,,\n");
    close_world(&world);
}

static void program_that_cannot_run_is_told_among_many(void **state)
{
    struct proxy_session_options options = exec("no-such-program x");
    struct world world;
    struct fake *peer;

    (void)state;
    open_world(&world, &options);
    peer = meet(&world);
    assert_true(peer->closed);
    assert_int_equal(peer->how, STREAM_ABORT);
    assert_int_equal(world.proxy.count, 0);
    assert_logged(ADDRESS ": cannot run no-such-program: No such file or directory");
    run_out(&world);
    assert_int_equal(world.done, 0);
    close_world(&world);
}

static void only_program_that_cannot_run_fails_the_handler(void **state)
{
    struct proxy_session_options options = exec("no-such-program x");
    struct world world;
    struct fake *peer;
    struct err err;

    (void)state;
    options.once = true;
    open_world(&world, &options);
    peer = come(&world);
    assert_int_equal(serve(&world, peer, &err), -1);
    assert_true(peer->closed);
    assert_int_equal(err.kind, ERR_PROGRAM);
    assert_string_equal(err.sentence,
                        ADDRESS ": cannot run no-such-program: No such file or directory");
    close_world(&world);
}

/* ---- text ---- */

static void each_end_gets_its_own_charset(void **state)
{
    struct proxy_session_options options = shell("sed s/你/好/");
    struct world world;
    struct fake *peer;

    (void)state;
    options.peer = gbk;
    options.other = utf8;
    options.text.eol = EOL_CRLF;
    open_world(&world, &options);
    peer = meet(&world);
    gives(peer, "\xC4\xE3\n");
    peer->input_ends = true;
    run_out(&world);
    assert_got(peer, "\xBA\xC3\r\n");
    close_world(&world);
}

static void replaced_text_is_told(void **state)
{
    struct proxy_session_options options = exec("cat");
    struct world world;
    struct fake *peer;

    (void)state;
    options.peer = utf8;
    options.other = gbk;
    options.once = true;
    open_world(&world, &options);
    peer = meet(&world);
    gives(peer, "a\xFE\xF0\x9F\x98\x80");
    peer->input_ends = true;
    run_out(&world);
    assert_got(peer, "a??");
    assert_logged(ADDRESS ": 1 byte sequence was not valid UTF-8, the first at byte 1");
    assert_int_equal(world.outcome.kind, ERR_TEXT);
    assert_string_equal(world.outcome.sentence, "");
    close_world(&world);
}

static void bad_text_of_a_program_names_the_peer(void **state)
{
    struct proxy_session_options options = shell("printf 'a\\377'");
    struct world world;

    (void)state;
    options.peer = gbk;
    options.other = utf8;
    open_world(&world, &options);
    meet(&world);
    run_out(&world);
    assert_logged(ADDRESS
                  ": the program: 1 byte sequence was not valid UTF-8, the first at byte 1");
    close_world(&world);
}

static void bad_text_stops_a_pair(void **state)
{
    struct proxy_session_options options = exec("cat");
    struct world world;
    struct fake *peer;

    (void)state;
    options.peer = options.other = utf8;
    options.text.checked = true;
    options.text.bad = BAD_STOP;
    options.once = true;
    open_world(&world, &options);
    peer = meet(&world);
    gives(peer, "a\xFFz");
    run_out(&world);
    assert_int_equal(peer->how, STREAM_BREAK);
    assert_int_equal(world.outcome.kind, ERR_TEXT);
    close_world(&world);
}

/* The lines of the transcript without their times, which are of one width. */
static void assert_written(const char *path, const char *wanted)
{
    enum { TIME = sizeof "2026-11-24 18:36:40 " - 1 };
    char line[512], all[2048] = "";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        assert_true(strlen(line) > TIME);
        strcat(all, line + TIME);
    }
    fclose(file);
    assert_string_equal(all, wanted);
}

static void transcript_takes_down_both_ends(void **state)
{
    struct proxy_session_options options = shell("sed s/你/好/; printf 'no end'");
    char path[] = "test_bridge-XXXXXX";
    struct outfile_options file = {.path = path, .appends = true, .is_text = true};
    struct transcript transcript = {0};
    struct world world;
    struct fake *peer;

    (void)state;
    close(mkstemp(path));
    options.peer = options.heard = gbk;
    options.other = options.utf8 = utf8;
    options.transcript = &transcript;
    open_world(&world, &options);
    assert_int_equal(outfile_open(&transcript.outfile, &world.loop, &file, NULL), 0);
    peer = meet(&world);
    gives(peer, "\xC4\xE3\n\xC4\xE3\n");
    peer->input_ends = true;
    run_out(&world);
    outfile_close(&transcript.outfile, 0);
    assert_written(path,
                   ADDRESS ": 你\n" ADDRESS ": 你\nthe program>" ADDRESS
                           ": 好\nthe program>" ADDRESS ": 好\nthe program>" ADDRESS ": no end\n");
    unlink(path);
    close_world(&world);
}

/* ---- one, many, and the end of all ---- */

static void only_connection_ends_the_handler(void **state)
{
    struct proxy_session_options options = exec("cat");
    struct world world;
    struct fake *peer;

    (void)state;
    options.once = true;
    open_world(&world, &options);
    peer = meet(&world);
    peer->input_ends = true;
    run_out(&world);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NONE);
    proxy_session_stop(&world.proxy, "a reason");
    assert_int_equal(world.done, 1);
    close_world(&world);
}

static void one_of_many_ends_only_itself(void **state)
{
    struct proxy_session_options options = exec("cat");
    struct world world;

    (void)state;
    open_world(&world, &options);
    for (int i = 0; i < PEERS; i++)
        gives(meet(&world), "hello");
    assert_int_equal(world.proxy.count, PEERS);
    world.peers[3].read_fails = ERR_NETWORK;
    world.peers[4].write_fails = ERR_NETWORK;
    world.peers[4].input_ends = true;
    run_until_closed(&world, &world.peers[3]);
    run_until_closed(&world, &world.peers[4]);
    assert_int_equal(world.proxy.count, PEERS - 2);
    for (int i = 0; i < PEERS; i++) {
        if (i == 3 || i == 4)
            continue;
        run_until_got(&world, &world.peers[i], 5);
        assert_got(&world.peers[i], "hello");
        world.peers[i].input_ends = true;
    }
    run_out(&world);
    assert_int_equal(world.done, 0);
    close_world(&world);
}

static void stop_breaks_all_off(void **state)
{
    struct proxy_session_options options = exec("sleep 60");
    struct world world;

    (void)state;
    open_world(&world, &options);
    for (int i = 0; i < 3; i++)
        meet(&world);
    turn(&world);
    proxy_session_stop(&world.proxy, "a reason");
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NONE);
    assert_int_equal(world.proxy.count, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(world.peers[i].how, STREAM_ABORT);
    run_out(&world);
    assert_int_equal(world.done, 1);
    assert_logged(ADDRESS " broken off by this side: a reason; 0 bytes received, 0 sent");
    assert_logged("' ended by signal 15 (Terminated)");
    close_world(&world);
}

static void drain_lets_connections_end(void **state)
{
    struct proxy_session_options options = exec("cat");
    struct world world;
    struct fake *late;

    (void)state;
    open_world(&world, &options);
    gives(meet(&world), "one");
    gives(meet(&world), "two");
    proxy_session_drain(&world.proxy);
    late = meet(&world);
    assert_true(late->closed);
    assert_int_equal(late->how, STREAM_ABORT);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(world.done, 0);
        run_until_got(&world, &world.peers[i], 3);
        world.peers[i].input_ends = true;
        run_until_closed(&world, &world.peers[i]);
    }
    assert_int_equal(world.done, 1);
    close_world(&world);
}

/* Lingering programs hold places, and the loop goes on while others may wait for these. */
static void programs_may_outlive_their_connections(void **state)
{
    struct proxy_session_options options = shell("exec >&-; cat; sleep 0.3");
    uint64_t begun = uv_hrtime();
    struct world world;

    (void)state;
    open_world(&world, &options);
    sentences_to(on_line, EVENT_ALWAYS); /* else the loop would go on to tell their status */
    for (int i = 0; i < 3; i++)
        meet(&world)->input_ends = true;
    run_out(&world);
    assert_true(uv_hrtime() - begun > UINT64_C(300000000));
    assert_int_equal(world.proxy.processes.lingering, 0);
    close_world(&world);
}

static void lingering_programs_do_not_hold_a_drain(void **state)
{
    struct proxy_session_options options = shell("exec >&-; cat; sleep 3");
    uint64_t begun = uv_hrtime();
    struct world world;

    (void)state;
    open_world(&world, &options);
    sentences_to(on_line, EVENT_ALWAYS);
    meet(&world)->input_ends = true;
    run_until_closed(&world, &world.peers[0]);
    proxy_session_drain(&world.proxy);
    run_out(&world);
    assert_int_equal(world.done, 1);
    assert_true(uv_hrtime() - begun < UINT64_C(2500000000));
    close_world(&world);
}

static void drain_without_connections_is_done_at_once(void **state)
{
    struct proxy_session_options options = exec("cat");
    struct world world;

    (void)state;
    open_world(&world, &options);
    proxy_session_drain(&world.proxy);
    assert_int_equal(world.done, 1);
    proxy_session_stop(&world.proxy, "a reason");
    assert_int_equal(world.done, 1);
    close_world(&world);
}

static void end_in_the_midst_calls_no_done(void **state)
{
    struct proxy_session_options options = exec("sleep 60");
    struct proxy_session never = {.count = 0};
    struct world world;

    (void)state;
    open_world(&world, &options);
    meet(&world);
    turn(&world);
    close_world(&world);
    assert_int_equal(world.done, 0);
    proxy_session_fini(&never);
}

/* ---- addresses ---- */

static int listen_somewhere(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, PEERS), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static struct proxy_session_options forward(unsigned port)
{
    struct proxy_session_options options = {.mode = PROXY_SESSION_FORWARD};

    strcpy(options.forward.host, "127.0.0.1");
    snprintf(options.forward.port, sizeof options.forward.port, "%u", port);
    return options;
}

static void open_forward(struct world *world)
{
    struct proxy_session_options options;
    unsigned port;
    int listener = listen_somewhere(&port);

    options = forward(port);
    open_world(world, &options);
    world->listener = listener;
}

/* The server takes one, and is non-blocking. */
static void take(struct world *world)
{
    while ((world->served = accept4(world->listener, NULL, NULL, SOCK_NONBLOCK)) < 0)
        turn(world);
}

static void server_reads(struct world *world, const char *text)
{
    char got[64];
    size_t n = 0;

    while (n < strlen(text)) {
        ssize_t some = read(world->served, got + n, sizeof got - n);

        assert_true(some > 0 || (some < 0 && errno == EAGAIN));
        n += some > 0 ? (size_t)some : 0;
        turn(world);
    }
    assert_int_equal(n, strlen(text));
    assert_memory_equal(got, text, n);
}

static void server_reads_end(struct world *world)
{
    ssize_t got;
    char byte;

    while ((got = read(world->served, &byte, 1)) < 0 && errno == EAGAIN)
        turn(world);
    assert_int_equal(got, 0);
}

static void server_is_reset(struct world *world)
{
    ssize_t got;
    char byte;

    while ((got = read(world->served, &byte, 1)) < 0 && errno == EAGAIN)
        turn(world);
    assert_int_equal(got, -1);
    assert_int_equal(errno, ECONNRESET);
}

static void server_resets(struct world *world)
{
    struct linger at_once = {.l_onoff = 1};

    setsockopt(world->served, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(world->served);
    world->served = -1;
}

static void another_address_is_the_other_end(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    peer = meet(&world);
    gives(peer, "question");
    take(&world);
    server_reads(&world, "question");
    assert_int_equal(write(world.served, "answer", 6), 6);
    run_until_got(&world, peer, 6);
    assert_got(peer, "answer");
    peer->input_ends = true;
    server_reads_end(&world);
    assert_false(peer->closed);
    assert_int_equal(write(world.served, " and more", 9), 9);
    shutdown(world.served, SHUT_WR);
    run_out(&world);
    assert_got(peer, "answer and more");
    assert_true(peer->finished);
    assert_int_equal(peer->how, STREAM_LINGER);
    assert_string_equal(said, ADDRESS " connected\n" ADDRESS
                                      " closed by the peer; 8 bytes received, 15 sent\n");
    close_world(&world);
}

static void address_may_end_first(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    peer = meet(&world);
    take(&world);
    assert_int_equal(write(world.served, "bye", 3), 3);
    shutdown(world.served, SHUT_WR);
    while (!peer->finished)
        turn(&world);
    gives(peer, "one more");
    server_reads(&world, "one more");
    peer->input_ends = true;
    run_out(&world);
    assert_int_equal(peer->how, STREAM_LINGER);
    close_world(&world);
}

static void forward_converts_for_the_article(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    world.proxy.options.peer = utf8;
    world.proxy.options.other = gbk;
    peer = meet(&world);
    gives(peer, "你好");
    take(&world);
    server_reads(&world, "\xC4\xE3\xBA\xC3");
    assert_int_equal(write(world.served, "\xCA\xC7", 2), 2);
    run_until_got(&world, peer, 3);
    assert_got(peer, "是");
    gives(peer, "\xF0\x9F\x98\x80");
    peer->input_ends = true;
    close(world.served);
    world.served = -1;
    run_until_closed(&world, peer);
    assert_logged(ADDRESS ": 1 character is not in GBK, the first U+1F600 at byte 6");
    close_world(&world);
}

static void refused_forward_resets_the_peer(void **state)
{
    struct proxy_session_options options;
    struct world world;
    struct fake *peer;
    char line[128];
    unsigned port;

    (void)state;
    close(listen_somewhere(&port));
    options = forward(port);
    open_world(&world, &options);
    peer = meet(&world);
    gives(peer, "is kept");
    run_out(&world);
    assert_int_equal(peer->how, STREAM_ABORT);
    assert_int_equal(peer->read_asked, 0); /* it was not read before somebody was there */
    snprintf(line, sizeof line, ADDRESS ": cannot connect to 127.0.0.1:%u: Connection refused",
             port);
    assert_logged(line);
    assert_int_equal(world.done, 0);
    close_world(&world);
}

static void refused_forward_of_the_only_connection_fails(void **state)
{
    struct proxy_session_options options;
    struct world world;
    unsigned port;

    (void)state;
    close(listen_somewhere(&port));
    options = forward(port);
    options.once = true;
    open_world(&world, &options);
    meet(&world);
    run_out(&world);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NETWORK);
    assert_non_null(strstr(world.outcome.sentence, ADDRESS ": cannot connect to 127.0.0.1:"));
    close_world(&world);
}

static void reset_is_passed_on_to_the_address(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    peer = meet(&world);
    take(&world);
    peer->read_fails = ERR_NETWORK;
    server_is_reset(&world);
    run_out(&world);
    assert_int_equal(peer->how, STREAM_ABORT);
    close_world(&world);
}

/* Also while neither side sends, and without needless turns of the loop. */
static void reset_is_passed_on_to_the_peer(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    peer = meet(&world);
    take(&world);
    assert_int_equal(write(world.served, "half of ", 8), 8);
    run_until_got(&world, peer, 8);
    server_resets(&world);
    run_until_closed(&world, peer);
    assert_false(peer->finished);
    assert_int_equal(peer->how, STREAM_ABORT);
    assert_non_null(strstr(said, ADDRESS ": 127.0.0.1:"));
    assert_non_null(strstr(said, ": Connection reset by peer\n"));
    close_world(&world);
}

static void many_connections_are_forwarded_to_one_address(void **state)
{
    struct world world;
    int served[PEERS];

    (void)state;
    open_forward(&world);
    for (int i = 0; i < PEERS; i++)
        gives(meet(&world), "hello");
    for (int i = 0; i < PEERS; i++) {
        take(&world);
        server_reads(&world, "hello");
        served[i] = world.served;
    }
    for (int i = 0; i < PEERS; i++) {
        world.peers[i].input_ends = true;
        close(served[i]);
    }
    world.served = -1;
    run_out(&world);
    assert_int_equal(world.done, 0);
    close_world(&world);
}

static void stop_breaks_off_a_dial(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    peer = meet(&world);
    proxy_session_stop(&world.proxy, "a reason");
    assert_true(peer->closed);
    assert_int_equal(world.done, 1);
    run_out(&world);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

/* The server is there, and sees no connection. */
static void reset_by_the_peer_ends_the_dial(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    peer = meet(&world);
    peer->write_fails = ERR_NETWORK;
    run_until_closed(&world, peer);
    assert_int_equal(peer->how, STREAM_ABORT);
    assert_int_equal(world.proxy.count, 0);
    assert_logged(ADDRESS ": writing failed");
    run_out(&world);
    assert_int_equal(world.done, 0);
    close_world(&world);
}

/* STREAM_LOSS alone proves no loss. */
static void urgent_data_during_the_dial_is_no_loss(void **state)
{
    struct world world;
    struct fake *peer;

    (void)state;
    open_forward(&world);
    peer = meet(&world);
    peer->lost = true;
    turn(&world);
    peer->lost = false;
    take(&world);
    gives(peer, "question");
    server_reads(&world, "question");
    close_world(&world);
}

static int open_charsets(void **state)
{
    (void)state;
    utf8 = charset_find(&charsets, "utf-8", NULL);
    gbk = charset_find(&charsets, "gbk", NULL);
    return utf8 && gbk ? 0 : -1;
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_is_the_other_end),
        cmocka_unit_test(much_goes_both_ways_while_the_peer_is_slow),
        cmocka_unit_test(program_that_ends_lets_the_peer_go),
        cmocka_unit_test(program_that_reads_no_more_may_still_write),
        cmocka_unit_test(program_that_writes_no_more_still_gets_input),
        cmocka_unit_test(background_process_does_not_hold_the_peer),
        cmocka_unit_test(reset_asks_the_program_to_end),
        cmocka_unit_test(reset_is_no_end_of_input),
        cmocka_unit_test(idle_timeout_ends_a_pair),
        cmocka_unit_test(program_knows_both_addresses),
        cmocka_unit_test(program_that_cannot_run_is_told_among_many),
        cmocka_unit_test(only_program_that_cannot_run_fails_the_handler),
        cmocka_unit_test(each_end_gets_its_own_charset),
        cmocka_unit_test(replaced_text_is_told),
        cmocka_unit_test(bad_text_of_a_program_names_the_peer),
        cmocka_unit_test(bad_text_stops_a_pair),
        cmocka_unit_test(transcript_takes_down_both_ends),
        cmocka_unit_test(only_connection_ends_the_handler),
        cmocka_unit_test(one_of_many_ends_only_itself),
        cmocka_unit_test(stop_breaks_all_off),
        cmocka_unit_test(drain_lets_connections_end),
        cmocka_unit_test(programs_may_outlive_their_connections),
        cmocka_unit_test(lingering_programs_do_not_hold_a_drain),
        cmocka_unit_test(drain_without_connections_is_done_at_once),
        cmocka_unit_test(end_in_the_midst_calls_no_done),
        cmocka_unit_test(another_address_is_the_other_end),
        cmocka_unit_test(address_may_end_first),
        cmocka_unit_test(forward_converts_for_the_article),
        cmocka_unit_test(refused_forward_resets_the_peer),
        cmocka_unit_test(refused_forward_of_the_only_connection_fails),
        cmocka_unit_test(reset_is_passed_on_to_the_address),
        cmocka_unit_test(reset_is_passed_on_to_the_peer),
        cmocka_unit_test(many_connections_are_forwarded_to_one_address),
        cmocka_unit_test(stop_breaks_off_a_dial),
        cmocka_unit_test(reset_by_the_peer_ends_the_dial),
        cmocka_unit_test(urgent_data_during_the_dial_is_no_loss),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
