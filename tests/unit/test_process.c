/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "os/process.h"
#include "own_descriptors.h"
#include "turns.h"

enum { MUCH = 1 << 20, PATIENCE_MS = 60000 };

/* ---- time ---- */

static struct {
    bool stands;
    long long at_ns, ahead_ns;
} now;

static long long in_ns(const struct timespec *time)
{
    return time->tv_sec * 1000000000LL + time->tv_nsec;
}

/* In place of libc's, so that a test need not wait. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, time);
    long long shown = (now.stands ? now.at_ns : in_ns(time)) + now.ahead_ns;

    if (failed || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE))
        return failed;
    time->tv_sec = shown / 1000000000;
    time->tv_nsec = shown % 1000000000;
    return 0;
}

static void stop_clock(bool stands)
{
    struct timespec real;

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &real);
    now.at_ns = in_ns(&real);
    now.stands = stands;
}

static void skip_ms(long long ms)
{
    now.ahead_ns += ms * 1000000;
}

/* ---- a loop, a program, and its outcome ---- */

/* The helper shares this, and starts what is written down here later. */
struct shared {
    struct spawn spawn;
    char command[512];
};

static struct shared *shared;

static const struct spawn_place place = {"192.0.2.1", "8080", "192.0.2.2", "80"};

struct world {
    uv_loop_t loop;
    struct helper helper;
    struct processes processes;
    struct stream *stream;
    struct buf input;  /* for the program */
    struct buf output; /* of the program */
    bool finishes;     /* the program's standard input ends behind `input` */
    bool ended;        /* the output has ended */
    bool speaks;       /* there is output */
    bool refuses;      /* the program reads no more */
    int exits;
    int gave_up;           /* programs that are not waited for any more */
    enum err_kind verdict; /* of the last exit */
    int awaited;           /* exits to wait for */
    bool came;             /* the awaited exits */
    int changes;           /* of processes.lingering */
    char told[128];        /* about the last exit */
};

/* The command is left out. */
static void on_exited(void *owner, const char *peer, const struct err *verdict)
{
    struct world *world = owner;

    if (!verdict) {
        world->gave_up++;
        return;
    }
    world->verdict = verdict->kind;
    world->exits++;
    world->came = world->exits >= world->awaited;
    snprintf(world->told, sizeof world->told, "%s %s", peer, strrchr(verdict->sentence, '\'') + 2);
}

static void on_changed(void *owner)
{
    ((struct world *)owner)->changes++;
}

static void open_world(struct world *world)
{
    *world = (struct world){.exits = 0};
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    spawn_allow(&shared->spawn, &world->helper);
    assert_int_equal(helper_start(&world->helper, NULL), 0);
    world->processes = (struct processes){
        .loop = &world->loop, .exited = on_exited, .changed = on_changed, .owner = world};
    buf_init(&world->input, 2 * MUCH);
    buf_init(&world->output, 2 * MUCH);
}

static void close_world(struct world *world)
{
    processes_fini(&world->processes);
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
    helper_fini(&world->helper);
    buf_fini(&world->input);
    buf_fini(&world->output);
}

static bool has_children(const struct world *world)
{
    char path[64], line[32];
    FILE *children;
    bool has_some;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", world->helper.pid, world->helper.pid);
    children = fopen(path, "r");
    assert_non_null(children);
    has_some = fgets(line, sizeof line, children);
    fclose(children);
    return has_some;
}

/* The helper waits for those that have ended. */
static void assert_no_children(const struct world *world)
{
    assert_false(has_children(world));
}

static void watch(struct world *world)
{
    bool writes = (buf_length(&world->input) || world->finishes) && !world->refuses;

    stream_watch(world->stream,
                 (world->ended ? 0u : (unsigned)STREAM_IN) | (writes ? STREAM_OUT : 0u));
}

static void write_on(struct world *world)
{
    struct err err = {.kind = ERR_LOCAL};
    ssize_t put = 0;

    if (buf_length(&world->input))
        put =
            stream_write(world->stream, buf_bytes(&world->input), buf_length(&world->input), &err);
    if (put == STREAM_FAIL) {
        assert_int_equal(err.kind, ERR_NONE);
        world->refuses = true;
    } else if (put > 0) {
        buf_consume(&world->input, (size_t)put);
    }
    if (!buf_length(&world->input) && world->finishes) {
        assert_int_equal(stream_finish(world->stream, &err), 0);
        world->finishes = false;
    }
}

static void read_on(struct world *world)
{
    unsigned char *room = buf_reserve(&world->output, 65536);
    struct err err;
    ssize_t got = stream_read(world->stream, room, 65536, &err);

    assert_int_not_equal(got, STREAM_FAIL);
    if (got > 0)
        buf_commit(&world->output, (size_t)got);
    world->ended = got == 0;
}

static void on_ready(void *owner, unsigned bits)
{
    struct world *world = owner;

    if (bits & STREAM_OUT && (buf_length(&world->input) || world->finishes))
        write_on(world);
    if (bits & STREAM_IN && !world->ended)
        read_on(world);
    watch(world);
}

static void write_down(const char *command, bool shell)
{
    snprintf(shared->command, sizeof shared->command, "%s", command);
    shared->spawn.command = shared->command;
    shared->spawn.shell = shell;
}

static void start(struct world *world, const char *command, bool shell,
                  const struct spawn_place *where)
{
    struct err err = {0};

    write_down(command, shell);
    world->stream = process_new(&world->processes, &shared->spawn, where, "192.0.2.1:8080", &err);
    assert_string_equal(err.sentence, "");
    assert_non_null(world->stream);
    stream_own(world->stream, on_ready, world);
    watch(world);
}

static void exec(struct world *world, const char *command)
{
    start(world, command, false, &place);
}

static void shell(struct world *world, const char *command)
{
    start(world, command, true, &place);
}

static void close_stream(struct world *world, enum stream_close how)
{
    stream_close(world->stream, how);
    world->stream = NULL;
}

static void on_alarm(uv_timer_t *timer)
{
    bool *over = timer->data;

    *over = true;
}

/* Runs until a callback sets *done; a wrong test ends after PATIENCE_MS. */
static void run_until(struct world *world, const bool *done)
{
    bool over = false;
    uv_timer_t alarm;

    uv_timer_init(&world->loop, &alarm);
    alarm.data = &over;
    uv_timer_start(&alarm, on_alarm, PATIENCE_MS, 0);
    while (!*done && !over)
        loop_turn(&world->loop);
    assert_true(*done); /* a slow machine may set both in one round */
    uv_close((uv_handle_t *)&alarm, NULL);
    loop_poll(&world->loop);
}

static void run_to_end(struct world *world)
{
    run_until(world, &world->ended);
}

static void run_until_it_speaks(struct world *world)
{
    while (!buf_length(&world->output))
        loop_turn(&world->loop);
}

/* A program does not keep the loop; the alarm of run_until does. */
static void run_until_exits(struct world *world, int exits)
{
    world->awaited = exits;
    world->came = world->exits >= exits;
    run_until(world, &world->came);
    assert_int_equal(world->exits, exits);
}

static void assert_said(const struct world *world, const char *text)
{
    assert_int_equal(buf_length(&world->output), strlen(text));
    assert_memory_equal(buf_bytes(&world->output), text, strlen(text));
}

static void give(struct world *world, const char *text)
{
    assert_int_equal(buf_append(&world->input, text, strlen(text)), 0);
    watch(world);
}

/* Runs a shell command to its end; its output is in world->output. */
static void hear(struct world *world, const char *command)
{
    open_world(world);
    shell(world, command);
    run_to_end(world);
    close_stream(world, STREAM_LINGER);
    run_until_exits(world, 1);
}

/* ---- conversation ---- */

static void program_reads_input_and_writes_output(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    exec(&world, "cat");
    give(&world, "hello");
    world.finishes = true;
    watch(&world);
    run_to_end(&world);
    assert_said(&world, "hello");
    assert_string_equal(stream_label(world.stream), "the program");
    close_stream(&world, STREAM_LINGER);
    run_until_exits(&world, 1);
    assert_string_equal(world.told, "192.0.2.1:8080 ended with status 0");
    assert_no_children(&world);
    close_world(&world);
}

/* The pipes hold less, so both sides have to wait. */
static void pipes_pass_more_than_they_hold(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    exec(&world, "cat");
    for (uint32_t i = 0; i < MUCH / sizeof i; i++)
        assert_int_equal(buf_append(&world.input, &i, sizeof i), 0);
    world.finishes = true;
    watch(&world);
    run_to_end(&world);
    assert_int_equal(buf_length(&world.output), MUCH);
    for (uint32_t i = 0; i < MUCH / sizeof i; i++)
        assert_memory_equal(buf_bytes(&world.output) + i * sizeof i, &i, sizeof i);
    close_stream(&world, STREAM_LINGER);
    run_until_exits(&world, 1);
    close_world(&world);
}

static void command_is_split_at_blanks(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    exec(&world, "  printf [%s]\ta  'b $HOME ");
    run_to_end(&world);
    assert_said(&world, "[a]['b][$HOME]");
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

static void shell_gets_the_command_as_it_is(void **state)
{
    struct world world;

    (void)state;
    hear(&world, "printf '%s|' 'a  b' | tr a A");
    assert_said(&world, "A  b|");
    close_world(&world);
}

/* ---- the start ---- */

static void environment_has_places_and_lacks_hidden_variables(void **state)
{
    static const char *const hidden[] = {"TCPCHAT_NAME", "TCPCHAT_COLOR", NULL};
    static const char command[] =
        "env | grep -E '^TCPCHAT_(PEER|LOCAL|NAME|COLOR)' | LC_ALL=C sort";
    struct spawn_place unix_place = {"/run/s", "", "192.0.2.2", "80"};
    struct world world;

    (void)state;
    setenv("TCPCHAT_NAME", "hidden", 1);
    setenv("TCPCHAT_COLOR", "hidden", 1);
    setenv("TCPCHAT_NAMED", "seen", 1);
    setenv("TCPCHAT_PEER_ADDRESS", "of an outer conversation", 1);
    shared->spawn.hidden = hidden;
    open_world(&world);
    start(&world, command, true, &unix_place);
    run_to_end(&world);
    shared->spawn.hidden = NULL;
    assert_said(&world, "TCPCHAT_LOCAL_ADDRESS=192.0.2.2\nTCPCHAT_LOCAL_PORT=80\n"
                        "TCPCHAT_NAMED=seen\n"
                        "TCPCHAT_PEER_ADDRESS=/run/s\nTCPCHAT_PEER_PORT=\n");
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

static unsigned long long bit_of(int number)
{
    return 1ULL << (number - 1);
}

/* The signals that a program finds blocked and ignored. glibc keeps 32 and 33 to itself, and its
 * posix_spawn, which make calls, has them ignored. */
static void hear_signals(unsigned long long *blocked, unsigned long long *ignored)
{
    struct world world;

    hear(&world, "exec grep -E 'SigBlk|SigIgn' /proc/self/status");
    assert_int_equal(buf_append(&world.output, "", 1), 0);
    assert_int_equal(sscanf((const char *)buf_bytes(&world.output), "SigBlk: %llx SigIgn: %llx",
                            blocked, ignored),
                     2);
    *ignored &= ~(bit_of(32) | bit_of(33));
    close_world(&world);
}

static void program_starts_with_default_signals(void **state)
{
    unsigned long long blocked, ignored;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, usual;
    sigset_t some;

    (void)state;
    sigaction(SIGUSR2, &ignore, &usual);
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigprocmask(SIG_BLOCK, &some, NULL);
    hear_signals(&blocked, &ignored);
    sigprocmask(SIG_UNBLOCK, &some, NULL);
    sigaction(SIGUSR2, &usual, NULL);
    assert_int_equal(blocked, 0);
    assert_int_equal(ignored, 0);
}

/* As under nohup, or in the background of a shell. */
static void ignored_terminal_signals_stay_ignored(void **state)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, usual;
    unsigned long long blocked, ignored;

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], &ignore, &usual);
        hear_signals(&blocked, &ignored);
        sigaction(numbers[i], &usual, NULL);
        assert_int_equal(ignored, bit_of(numbers[i]));
    }
}

static void limit_descriptors(rlim_t count)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = count ? count : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void program_gets_the_first_limit_of_files(void **state)
{
    struct world world;

    (void)state;
    if (!has_own_descriptors())
        skip();
    limit_descriptors(77);
    open_world(&world);
    limit_descriptors(0);
    shell(&world, "ulimit -Sn");
    run_to_end(&world);
    assert_said(&world, "77\n");
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

/* Descriptor 3 is the directory that ls reads. */
static void program_inherits_three_descriptors(void **state)
{
    struct world world;
    int inherited;

    (void)state;
    if (!has_own_descriptors())
        skip();
    inherited = fcntl(STDERR_FILENO, F_DUPFD, 50);
    assert_true(inherited >= 50);
    open_world(&world);
    exec(&world, "ls /proc/self/fd");
    run_to_end(&world);
    assert_said(&world, "0\n1\n2\n3\n");
    close(inherited);
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

/* Only our ends are non-blocking. */
static void program_gets_blocking_pipes(void **state)
{
    struct world world;

    (void)state;
    hear(&world, "for i in 0 1; do grep ^flags /proc/$$/fdinfo/$i; done; echo x > /dev/stdout");
    assert_said(&world, "flags:\t00\nflags:\t01\nx\n");
    close_world(&world);
}

/* ---- failed starts ---- */

static void assert_refused(const char *command, enum err_kind kind, const char *sentence)
{
    struct err err = {0};
    struct world world;

    open_world(&world);
    write_down(command, false);
    assert_null(process_new(&world.processes, &shared->spawn, &place, "", &err));
    assert_int_equal(err.kind, kind);
    assert_string_equal(err.sentence, sentence);
    loop_run(&world.loop);
    assert_int_equal(world.exits, 0);
    assert_no_children(&world);
    close_world(&world);
}

static void failed_start_gives_the_reason(void **state)
{
    (void)state;
    assert_refused("no-such-program -x", ERR_PROGRAM,
                   "cannot run no-such-program: No such file or directory");
    assert_refused("/nowhere/no-such", ERR_PROGRAM,
                   "cannot run /nowhere/no-such: No such file or directory");
    assert_refused("/etc/passwd", ERR_PROGRAM, "cannot run /etc/passwd: Permission denied");
    assert_refused(" \t", ERR_USAGE, "' \t' names no program");
}

static void start_of_more_than_may_run_fails(void **state)
{
    int ends[2];
    struct err err = {0};
    struct world world;
    int64_t child;

    (void)state;
    shared->spawn.most = 1;
    open_world(&world);
    exec(&world, "cat");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(spawn_start(&shared->spawn, &place, ends[0], ends[1], &err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    world.finishes = true;
    watch(&world);
    run_to_end(&world);
    close_stream(&world, STREAM_LINGER);
    run_until_exits(&world, 1);
    child = spawn_start(&shared->spawn, &place, ends[0], ends[1], &err);
    assert_true(child > 0);
    helper_signal(&world.helper, (uint64_t)child, SIGKILL);
    close(ends[0]);
    close(ends[1]);
    close_world(&world);
    shared->spawn.most = 0;
}

static void start_without_descriptors_fails(void **state)
{
    enum { LIMIT = 64, NEEDED = 4 };
    int taken[LIMIT], count = 0;
    struct err err = {0};
    struct world world;
    char refusal[80];

    (void)state;
    snprintf(refusal, sizeof refusal, "cannot run cat: %s", strerror(EMFILE));
    open_world(&world);
    exec(&world, "true"); /* opens all that is opened only once */
    run_to_end(&world);
    close_stream(&world, STREAM_LINGER);
    run_until_exits(&world, 1);
    limit_descriptors(LIMIT);
    while ((taken[count] = dup(STDERR_FILENO)) >= 0)
        count++;
    write_down("cat", false);
    for (int left = 0; left < NEEDED; left++) {
        assert_null(process_new(&world.processes, &shared->spawn, &place, "", &err));
        assert_string_equal(err.sentence, refusal);
        loop_poll(&world.loop);
        close(taken[--count]);
    }
    exec(&world, "true");
    run_to_end(&world);
    close_stream(&world, STREAM_LINGER);
    while (count)
        close(taken[--count]);
    limit_descriptors(0);
    close_world(&world);
}

/* ---- ends ---- */

static void closed_input_leaves_output_open(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "exec <&-; echo one; sleep 0.1; echo two");
    run_until_it_speaks(&world);
    give(&world, "nobody reads this");
    run_to_end(&world);
    assert_said(&world, "one\ntwo\n");
    assert_true(world.refuses);
    close_stream(&world, STREAM_LINGER);
    run_until_exits(&world, 1);
    close_world(&world);
}

static void note_loss(void *owner, unsigned bits)
{
    struct world *world = owner;
    struct err err;

    assert_int_equal(bits, STREAM_LOSS);
    assert_int_equal(stream_check(world->stream, &err), STREAM_FAIL);
    assert_int_equal(err.kind, ERR_NONE);
    world->refuses = true;
    stream_watch(world->stream, 0);
}

static void closed_input_is_a_loss_at_once(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "sleep 0.1; exec <&-; sleep 60");
    stream_own(world.stream, note_loss, &world);
    stream_watch(world.stream, STREAM_LOSS);
    run_until(&world, &world.refuses);
    close_stream(&world, STREAM_ABORT);
    run_until_exits(&world, 1);
    close_world(&world);
}

static void closed_output_leaves_input_open(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "exec >&-; cat >/dev/null; exit 4");
    run_to_end(&world);
    assert_int_equal(world.exits, 0);
    give(&world, "more");
    world.finishes = true;
    watch(&world);
    run_until_exits(&world, 1);
    assert_false(world.refuses);
    assert_string_equal(world.told, "192.0.2.1:8080 ended with status 4");
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

/* The sleep gets no standard error: it is ours, and its reader would wait for the sleep. */
static void inherited_pipes_end_after_grace(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "exec 3<&0; sleep 60 <&3 2>/dev/null & echo hi");
    run_to_end(&world);
    assert_said(&world, "hi\n");
    assert_int_equal(world.exits, 1);
    give(&world, "x");
    run_until(&world, &world.refuses);
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

static void inherited_pipes_stay_open_while_output_comes(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "exec 3<&0; (while read line; do echo $line; done <&3) & exit 0");
    run_until_exits(&world, 1);
    stop_clock(true);
    for (size_t said = 1; said <= 4; said++) {
        give(&world, "x\n");
        while (buf_length(&world.output) < 2 * said)
            loop_turn(&world.loop);
        skip_ms(PROCESS_GRACE_MS / 2);
    }
    stop_clock(false);
    run_to_end(&world);
    assert_said(&world, "x\nx\nx\nx\n");
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

static void note_output(void *owner, unsigned bits)
{
    struct world *world = owner;

    (void)bits;
    world->speaks = true;
    stream_watch(world->stream, 0);
}

static void unread_output_outlasts_the_grace(void **state)
{
    enum { SAID = 300000 };
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "(head -c 300000 /dev/zero) & exit 0");
    stream_own(world.stream, note_output, &world);
    stream_watch(world.stream, STREAM_IN);
    run_until(&world, &world.speaks);
    stream_own(world.stream, on_ready, &world);
    run_until_exits(&world, 1);
    for (int i = 0; i < 3; i++) {
        skip_ms(3 * PROCESS_GRACE_MS / 2);
        loop_poll(&world.loop);
    }
    watch(&world);
    run_to_end(&world);
    assert_int_equal(buf_length(&world.output), SAID);
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

/* ---- closing ---- */

static void lingering_program_runs_on(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "cat; sleep 0.2; exit 7");
    close_stream(&world, STREAM_LINGER);
    loop_run(&world.loop); /* `exited` keeps it until the status is there */
    assert_int_equal(world.exits, 1);
    assert_string_equal(world.told, "192.0.2.1:8080 ended with status 7");
    assert_int_equal(world.verdict, ERR_PROGRAM);
    assert_no_children(&world);
    close_world(&world);
}

static void lingering_program_may_end_by_sigpipe(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    exec(&world, "yes");
    close_stream(&world, STREAM_LINGER);
    loop_run(&world.loop);
    assert_string_equal(world.told, "192.0.2.1:8080 ended by signal 13 (Broken pipe)");
    assert_int_equal(world.verdict, ERR_NONE);
    assert_no_children(&world);
    close_world(&world);
}

static void aborted_program_gets_sigterm(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    exec(&world, "sleep 60");
    close_stream(&world, STREAM_ABORT);
    loop_run(&world.loop);
    assert_string_equal(world.told, "192.0.2.1:8080 ended by signal 15 (Terminated)");
    assert_int_equal(world.verdict, ERR_NONE);
    assert_no_children(&world);
    close_world(&world);
}

static void aborted_stopped_program_gets_sigcont(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "echo x; kill -STOP $$; sleep 60");
    run_until_it_speaks(&world);
    usleep(50000);
    close_stream(&world, STREAM_ABORT);
    loop_run(&world.loop);
    assert_string_equal(world.told, "192.0.2.1:8080 ended by signal 15 (Terminated)");
    close_world(&world);
}

/* The loop goes on until then, also without `exited`. */
static void aborted_program_is_killed_in_the_end(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.processes.exited = NULL;
    shell(&world, "trap '' TERM; n=0; echo x; while [ $((n+=1)) -lt 200 ]; do sleep 0.1; done");
    run_until_it_speaks(&world);
    assert_int_equal(world.processes.lingering, 0);
    close_stream(&world, STREAM_ABORT);
    assert_int_equal(world.processes.lingering, 1);
    assert_int_equal(world.processes.asked, 1);
    skip_ms(PROCESS_END_MS);
    loop_run(&world.loop);
    assert_no_children(&world);
    assert_int_equal(world.processes.lingering, 0);
    assert_int_equal(world.processes.asked, 0);
    assert_int_equal(world.changes, 2);
    close_world(&world);
}

static void processes_ask_reaches_all_that_linger(void **state)
{
    struct world world;
    struct stream *open;

    (void)state;
    open_world(&world);
    exec(&world, "cat");
    open = world.stream;
    for (int i = 0; i < 3; i++) {
        exec(&world, "sleep 60");
        close_stream(&world, STREAM_LINGER);
    }
    processes_ask(&world.processes);
    assert_int_equal(world.processes.asked, 3);
    run_until_exits(&world, 3);
    assert_string_equal(world.told, "192.0.2.1:8080 ended by signal 15 (Terminated)");
    assert_int_equal(world.processes.lingering, 0);
    stream_close(open, STREAM_LINGER);
    run_until_exits(&world, 4);
    close_world(&world);
}

static void processes_fini_kills_asked_programs(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    shell(&world, "trap '' TERM; n=0; echo x; while [ $((n+=1)) -lt 200 ]; do sleep 0.1; done");
    run_until_it_speaks(&world);
    close_stream(&world, STREAM_ABORT);
    processes_fini(&world.processes);
    for (int i = 0; i < 1000 && has_children(&world); i++)
        usleep(10000);
    assert_no_children(&world);
    close_world(&world);
}

static bool has_terminal(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY);

    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

/* A zombie still counts as a member of the group until its parent has reaped it. */
static void assert_group_ends(pid_t group)
{
    for (int i = 0; i < 1000 && kill(-group, 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill(-group, 0), -1);
}

static void abort_without_terminal_reaches_the_group(void **state)
{
    struct world world;

    (void)state;
    if (has_terminal())
        skip();
    open_world(&world);
    shell(&world, "echo $$; sleep 60 & sleep 61; true");
    run_until_it_speaks(&world);
    assert_int_equal(buf_append(&world.output, "", 1), 0);
    close_stream(&world, STREAM_ABORT);
    loop_run(&world.loop);
    assert_int_equal(world.exits, 1);
    assert_group_ends((pid_t)atoi((const char *)buf_bytes(&world.output)));
    close_world(&world);
}

static void loop_may_end_before_the_program(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.processes.exited = NULL;
    exec(&world, "sleep 60");
    close_stream(&world, STREAM_LINGER);
    loop_run(&world.loop);
    world.processes.exited = on_exited; /* with it the loop waits, PROCESS_WAIT_MS at most */
    exec(&world, "sleep 60");
    close_stream(&world, STREAM_LINGER);
    skip_ms(PROCESS_WAIT_MS);
    loop_run(&world.loop);
    assert_int_equal(world.exits, 0);
    assert_int_equal(world.gave_up, 1);
    processes_ask(&world.processes);
    close_world(&world);
}

/* ---- many ---- */

static void many_programs_are_all_reaped(void **state)
{
    enum { MANY = 60 };
    struct world world;

    (void)state;
    open_world(&world);
    for (int i = 0; i < MANY; i++) {
        exec(&world, i % 2 ? "true" : "false");
        close_stream(&world, STREAM_LINGER);
    }
    run_until_exits(&world, MANY);
    assert_no_children(&world);
    close_world(&world);
}

/* As if it were killed with programs that run: their pipes work on, and are at their ends soon. */
static void killed_helper_leaves_programs_to_their_pipes(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    exec(&world, "cat");
    give(&world, "hello");
    kill(world.helper.pid, SIGKILL);
    run_until_exits(&world, 1);
    assert_int_equal(world.verdict, ERR_PROGRAM);
    assert_string_equal(world.told,
                        "192.0.2.1:8080 runs on unwatched: somebody killed the helper of this run");
    run_to_end(&world);
    assert_said(&world, "hello");
    close_stream(&world, STREAM_LINGER);
    close_world(&world);
}

static int count_threads(void)
{
    char line[256];
    int threads = 0;
    FILE *status = fopen("/proc/self/status", "r");

    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "Threads: %d", &threads) == 1)
            break;
    fclose(status);
    return threads;
}

static void processes_start_no_thread(void **state)
{
    (void)state;
    assert_int_equal(count_threads(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_reads_input_and_writes_output),
        cmocka_unit_test(pipes_pass_more_than_they_hold),
        cmocka_unit_test(command_is_split_at_blanks),
        cmocka_unit_test(shell_gets_the_command_as_it_is),
        cmocka_unit_test(environment_has_places_and_lacks_hidden_variables),
        cmocka_unit_test(program_starts_with_default_signals),
        cmocka_unit_test(ignored_terminal_signals_stay_ignored),
        cmocka_unit_test(program_gets_the_first_limit_of_files),
        cmocka_unit_test(program_inherits_three_descriptors),
        cmocka_unit_test(program_gets_blocking_pipes),
        cmocka_unit_test(failed_start_gives_the_reason),
        cmocka_unit_test(start_of_more_than_may_run_fails),
        cmocka_unit_test(start_without_descriptors_fails),
        cmocka_unit_test(closed_input_leaves_output_open),
        cmocka_unit_test(closed_input_is_a_loss_at_once),
        cmocka_unit_test(closed_output_leaves_input_open),
        cmocka_unit_test(inherited_pipes_end_after_grace),
        cmocka_unit_test(inherited_pipes_stay_open_while_output_comes),
        cmocka_unit_test(unread_output_outlasts_the_grace),
        cmocka_unit_test(lingering_program_runs_on),
        cmocka_unit_test(lingering_program_may_end_by_sigpipe),
        cmocka_unit_test(aborted_program_gets_sigterm),
        cmocka_unit_test(aborted_stopped_program_gets_sigcont),
        cmocka_unit_test(aborted_program_is_killed_in_the_end),
        cmocka_unit_test(processes_ask_reaches_all_that_linger),
        cmocka_unit_test(processes_fini_kills_asked_programs),
        cmocka_unit_test(abort_without_terminal_reaches_the_group),
        cmocka_unit_test(loop_may_end_before_the_program),
        cmocka_unit_test(many_programs_are_all_reaped),
        cmocka_unit_test(killed_helper_leaves_programs_to_their_pipes),
        cmocka_unit_test(processes_start_no_thread),
    };

    /* The loop of a failed test would make the next tests fail. */
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    signal(SIGHUP, SIG_DFL); /* as from a shell */
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
