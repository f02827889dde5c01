/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crowd: the faults and the cost of a listener with many peers.
 *
 * Starts a listener (PORT in its command line becomes a free port), or takes one that runs (-p,
 * -i), connects many peers to it from one process, lets some of them speak and checks the history:
 * each message reaches every receiver once, in order, whole, under its speaker's name. Meanwhile
 * others (-d -c -t) may misbehave; what they receive is not checked.
 *
 *     -k chat      peers speak, all others hear it behind a name    listen --chat --rate 0
 *     -k broker    the same without names                           listen --broker, ncat --broker
 *     -k star      the listener's standard input speaks             listen -k
 *     -k merge     every peer speaks to its standard output         listen -k
 *
 * A message is "@SPEAKER NUMBER", padding with some Chinese in it, "=" and a checksum of all that.
 * Prints the time until all were in and the listener's cost of an idle peer; deliveries a second,
 * their times, and the listener's time for one. Then it counts the faults: lost, doubled,
 * reordered, torn (the checksum is wrong), invented (never said, or by another peer), cut (a
 * well-behaved peer lost its connection), and descriptors that stay open after all have left. Ends
 * with 1 after any fault. (Linux: epoll, /proc.)
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum {
    CHUNK = 64 * 1024,
    LINE = 16 * 1024,
    EVENTS = 512,
    BUSY = 8,  /* messages that a speaker says in a turn */
    CUTS = 16, /* torn messages that are shown */
};

static const double PATIENCE = 20, TRICKLE_PAUSE = 10;

enum kind { CHAT, BROKER, STAR, MERGE };
static const char *const kinds[] = {"chat", "broker", "star", "merge"};

/* HONEST peers are checked, the others misbehave. */
enum role { HONEST, DEAF, CHURNER, TRICKLER };

static struct {
    enum kind kind;
    int peers, speakers, messages, size;
    double rate;
    int ahead;
    int deaf, churners, cycles, tricklers, pending;
    double pause; /* of a churner, at most */
    int port;
    pid_t pid;
    char **command;
} options = {
    .peers = 100, .speakers = 1, .messages = 100, .size = 100, .pending = 500, .pause = 0.2};

struct peer {
    int fd; /* -1: not connected */
    enum role role;
    int speaker;   /* its number; -1: none */
    int receiver;  /* likewise */
    bool is_local; /* an end of the listener's own */
    bool is_connecting, is_in, is_stopped, is_blocked, has_shut;
    unsigned watched;
    char *rest; /* a line that has not ended */
    size_t rest_size;
    int said;   /* messages */
    size_t put; /* bytes of the next one */
    double at;  /* the time of its next action */
    char name[32];
};

static struct peer *peers;
static int all, epoll, connecting, entered;
static struct peer **speakers;

static uint8_t *seen; /* a bit for each delivery */
static int *newest;   /* number that a receiver had from a speaker */
static int receivers;
static double *said_at;

static struct {
    long long delivered, doubled, reordered, torn, invented, cut;
    long long noise, notices, deaf_cut, churned;
} count;

static double start_of_speech, last_delivery;

/* ---- small things ---- */

static void *zeroed(size_t n, size_t size)
{
    void *made = calloc(n ? n : 1, size);

    if (!made)
        die("out of memory");
    return made;
}

static double random_up_to(double most)
{
    return most * (double)random() / (double)RAND_MAX;
}

/* ---- times, in steps of 1/64 ---- */

enum { STEPS = 64, BUCKETS = 64 * STEPS };
static long long buckets[BUCKETS];
static double longest;

static int bucket_of(double seconds)
{
    uint64_t ns = seconds > 1e-9 ? (uint64_t)(seconds * 1e9) : 1;
    int top = 63 - __builtin_clzll(ns);

    if (top < 6)
        return (int)ns;
    return (top - 5) * STEPS + (int)((ns >> (top - 6)) & (STEPS - 1));
}

static double middle_of(int bucket)
{
    int top = bucket / STEPS + 5;

    if (top < 6)
        return bucket * 1e-9;
    return ((double)(STEPS + bucket % STEPS) + 0.5) * (double)(1ULL << (top - 6)) * 1e-9;
}

static void keep_time(double seconds)
{
    buckets[bucket_of(seconds)]++;
    if (seconds > longest)
        longest = seconds;
}

static double quantile(double q)
{
    long long left = (long long)(q * (double)count.delivered);

    for (int i = 0; i < BUCKETS; i++)
        if ((left -= buckets[i]) < 0)
            return middle_of(i);
    return longest;
}

/* ---- the listener ---- */

static int descriptors(void)
{
    char path[64];
    int n = -2; /* . and .. */
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)options.pid);
    folder = opendir(path);
    if (!folder)
        return 0;
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

/* Returns our ends of its standard input and output. */
static void start_listener(int *in, int *out)
{
    int null = check(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
    int input[2] = {null, -1}, output[2] = {-1, null};

    if (options.kind == STAR)
        check(pipe2(input, O_CLOEXEC), "pipe");
    if (options.kind == MERGE)
        check(pipe2(output, O_CLOEXEC), "pipe");
    options.pid =
        listener_start(options.command, input[0], output[1], STDERR_FILENO, &options.port);
    close(null);
    *in = input[1];
    *out = output[0];
}

/* ---- connections ---- */

static void watch(struct peer *peer)
{
    bool hears = peer->role != DEAF && !peer->is_stopped && !peer->is_connecting;
    bool writes = peer->is_connecting || peer->is_blocked;
    unsigned wanted = (hears ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
    struct epoll_event event = {.events = wanted, .data.ptr = peer};

    if (peer->fd >= 0 && wanted != peer->watched)
        check(epoll_ctl(epoll, EPOLL_CTL_MOD, peer->fd, &event), "epoll_ctl");
    peer->watched = wanted;
}

static void enter_epoll(struct peer *peer, int fd)
{
    struct epoll_event event = {.events = 0, .data.ptr = peer};

    peer->fd = fd;
    peer->watched = 0;
    check(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    watch(peer);
}

static void call_for(struct peer *peer)
{
    int fd = peer_socket((unsigned)(peer - peers)), little = 4096;

    if (peer->role == DEAF)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    begin_call(fd, options.port);
    peer->is_connecting = true;
    peer->is_in = peer->is_stopped = peer->is_blocked = peer->has_shut = false;
    peer->rest_size = 0;
    connecting++;
    enter_epoll(peer, fd);
}

static void hang_up(struct peer *peer, bool resets)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (peer->fd < 0)
        return;
    if (resets)
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (peer->is_connecting || (options.kind == CHAT && !peer->is_in && peer->role != DEAF))
        connecting--;
    close(peer->fd);
    peer->fd = -1;
    peer->is_connecting = false;
}

/* A peer of a chat is in when it was greeted; a peer that does not read cannot know. */
static void come_in(struct peer *peer)
{
    connecting--;
    entered++;
    peer->is_in = true;
}

static void connected(struct peer *peer)
{
    int number = 0;
    socklen_t size = sizeof number;

    getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &number, &size);
    if (number && peer->role == HONEST)
        die("connect: %s", strerror(number));
    peer->is_connecting = false;
    if (number) {
        connecting--;
        peer->is_in = true; /* so that it is not counted twice */
        hang_up(peer, false);
        return;
    }
    if (options.kind != CHAT || peer->role == DEAF)
        come_in(peer);
}

static void lose(struct peer *peer)
{
    if (peer->role == HONEST && peer->receiver >= 0) {
        fprintf(stderr, "crowd: %s was cut off\n", *peer->name ? peer->name : "a peer");
        count.cut++;
    }
    count.deaf_cut += peer->role == DEAF;
    hang_up(peer, false);
}

/* ---- messages ---- */

static uint32_t checksum(const char *bytes, size_t n)
{
    uint64_t sum = 0x9E3779B97F4A7C15u, word;

    for (; n >= sizeof word; bytes += sizeof word, n -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        sum = (sum ^ word) * 0xFF51AFD7ED558CCDu;
        sum ^= sum >> 32;
    }
    for (; n; bytes++, n--)
        sum = (sum ^ (unsigned char)*bytes) * 0x100000001B3u;
    return (uint32_t)(sum ^ sum >> 32);
}

static size_t compose(char line[LINE], int speaker, int number)
{
    static const char text[] = "你好世界 one two 什么一些系统 three. ";
    size_t n = (size_t)sprintf(line, "@%d %d ", speaker, number);
    size_t wanted = (size_t)options.size, piece = sizeof text - 1;

    while (n + piece + 10 <= wanted) {
        memcpy(line + n, text, piece);
        n += piece;
    }
    while (n + 10 < wanted)
        line[n++] = 'x';
    return n + (size_t)sprintf(line + n, "=%08x\n", checksum(line, n));
}

static bool is_whole(const char *text, size_t n)
{
    char sum[9];

    if (n < 10 || text[n - 9] != '=')
        return false;
    snprintf(sum, sizeof sum, "%08x", checksum(text, n - 9));
    return !memcmp(sum, text + n - 8, 8);
}

static void show_torn(const char *line, size_t n)
{
    if (count.torn++ < CUTS)
        fprintf(stderr, "crowd: torn: %.*s\n", (int)n, line);
}

static void keep_history(struct peer *peer, int speaker, int number)
{
    size_t pair = (size_t)peer->receiver * (size_t)options.speakers + (size_t)speaker;
    size_t bit = pair * (size_t)options.messages + (size_t)number;
    uint8_t mask = (uint8_t)(1 << bit % 8);

    if (seen[bit / 8] & mask) {
        count.doubled++;
        return;
    }
    seen[bit / 8] |= mask;
    count.reordered += number < newest[pair];
    newest[pair] = number;
    count.delivered++;
    last_delivery = now();
    keep_time(last_delivery - said_at[(size_t)speaker * (size_t)options.messages + (size_t)number]);
}

static bool was_said(const struct peer *peer, int speaker, int number, const char *name, size_t n)
{
    if (speaker < 0 || speaker >= options.speakers || speaker == peer->speaker)
        return false;
    if (number < 0 || number > speakers[speaker]->said || number >= options.messages)
        return false;
    return options.kind != CHAT ||
           (n == strlen(speakers[speaker]->name) && !memcmp(name, speakers[speaker]->name, n));
}

static void heard_message(struct peer *peer, const char *line, size_t n, size_t head)
{
    const char *text = line + head;
    int speaker, number;

    if (*text == '~')
        count.noise++;
    else if (!is_whole(text, n - head) || sscanf(text, "@%d %d ", &speaker, &number) != 2)
        show_torn(line, n);
    else if (!was_said(peer, speaker, number, line, head ? head - 2 : 0))
        count.invented++;
    else
        keep_history(peer, speaker, number);
}

static void heard_notice(struct peer *peer, const char *line, size_t n)
{
    static const char greeting[] = "-!- you are ";
    size_t head = sizeof greeting - 1;

    if (n <= head || memcmp(line, greeting, head)) {
        count.notices += peer == peers;
        return;
    }
    snprintf(peer->name, sizeof peer->name, "%.*s", (int)strcspn(line + head, ";\n"), line + head);
    if (!peer->is_in)
        come_in(peer);
}

static void heard_line(struct peer *peer, const char *line, size_t n)
{
    const char *colon = options.kind == CHAT ? memmem(line, n, ": ", 2) : line - 2;

    if (options.kind == CHAT && n > 3 && !memcmp(line, "-!-", 3))
        heard_notice(peer, line, n);
    else if (peer->role != HONEST)
        return;
    else if (colon && n)
        heard_message(peer, line, n, (size_t)(colon + 2 - line));
    else if (n)
        show_torn(line, n);
}

static void keep_rest(struct peer *peer, const char *bytes, size_t n)
{
    if (n > LINE) {
        show_torn(bytes, 80);
        n = 0;
    }
    if (n > peer->rest_size || !peer->rest)
        peer->rest = realloc(peer->rest, n + 1);
    if (!peer->rest)
        die("out of memory");
    memcpy(peer->rest, bytes, n);
    peer->rest_size = n;
}

static void hear(struct peer *peer)
{
    static char bytes[LINE + CHUNK];
    char *line = bytes, *lf, *end;
    ssize_t got;

    got = read(peer->fd, bytes + peer->rest_size, CHUNK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        lose(peer);
        return;
    }
    if (peer->rest_size)
        memcpy(bytes, peer->rest, peer->rest_size);
    end = bytes + peer->rest_size + got;
    for (; (lf = memchr(line, '\n', (size_t)(end - line))); line = lf + 1)
        heard_line(peer, line, (size_t)(lf - line));
    keep_rest(peer, line, (size_t)(end - line));
}

/* ---- speaking ---- */

static bool speaking;

/* The number of messages that all together may have said by now. */
static double allowance(double time)
{
    return options.rate > 0 ? (time - start_of_speech) * options.rate + 1 : 1e18;
}

/* Delivery times mean something only if messages do not queue for long. The last receiver tells how
 * far a speaker has come. */
static bool is_ahead(const struct peer *peer)
{
    size_t pair = (size_t)(receivers - 1) * (size_t)options.speakers + (size_t)peer->speaker;

    return options.ahead && peer->said - (newest[pair] + 1) >= options.ahead;
}

static bool is_due(const struct peer *peer, double time)
{
    double turn = (double)peer->said * options.speakers + peer->speaker;

    return peer->said < options.messages &&
           (peer->put || (turn < allowance(time) && !is_ahead(peer)));
}

static void speak(struct peer *peer)
{
    char line[LINE];
    double time = now();

    peer->is_blocked = false;
    for (int i = 0; i < BUSY && peer->fd >= 0 && is_due(peer, time); i++) {
        size_t n = compose(line, peer->speaker, peer->said);
        size_t index = (size_t)peer->speaker * (size_t)options.messages + (size_t)peer->said;
        ssize_t put;

        if (!peer->put)
            said_at[index] = now();
        put = write(peer->fd, line + peer->put, n - peer->put);
        if (put < 0 && errno != EAGAIN) {
            lose(peer);
            break;
        }
        peer->put += put > 0 ? (size_t)put : 0;
        peer->is_blocked = peer->put < n;
        if (peer->is_blocked)
            break;
        peer->said++;
        peer->put = 0;
    }
    watch(peer);
}

static void let_speak(void)
{
    for (int i = 0; i < options.speakers; i++)
        if (!speakers[i]->is_blocked && speakers[i]->said < options.messages)
            speak(speakers[i]);
}

/* ---- misbehaving ---- */

static void say_noise(struct peer *peer, const char *text)
{
    if (peer->fd >= 0 && !peer->has_shut && !peer->is_connecting && options.kind != BROKER &&
        send(peer->fd, text, strlen(text), MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        lose(peer);
}

static void stop_or_go_on(struct peer *peer)
{
    peer->is_stopped = !peer->is_stopped;
    watch(peer);
}

static void shut(struct peer *peer)
{
    shutdown(peer->fd, SHUT_WR);
    peer->has_shut = true;
}

static void misbehave(struct peer *peer)
{
    long what = random() % (options.cycles ? 4 : 8);

    if (peer->is_connecting && what > 1)
        return;
    switch (what) {
    case 3: say_noise(peer, "~ and so I\n~ was saying that"); /* fall through */
    case 0:
    case 1: hang_up(peer, true); break;
    case 2: hang_up(peer, false); break;
    case 4: shut(peer); break;
    case 5: say_noise(peer, "~ 你好\n"); break;
    default: stop_or_go_on(peer); break;
    }
}

static void churn(struct peer *peer)
{
    if (peer->fd >= 0) {
        misbehave(peer);
        return;
    }
    if (options.cycles && count.churned >= options.cycles)
        return;
    count.churned++;
    call_for(peer);
}

static bool churning;

static void let_misbehave(double time)
{
    for (int i = all - 1; i >= 0 && peers[i].role != HONEST; i--) {
        struct peer *peer = &peers[i];

        if (peer->role == DEAF || time < peer->at)
            continue;
        peer->at = time + (peer->role == TRICKLER ? TRICKLE_PAUSE : random_up_to(options.pause));
        if (peer->role == TRICKLER)
            say_noise(peer, "~");
        else if (churning)
            churn(peer);
    }
}

/* ---- one turn ---- */

static void serve(struct peer *peer, unsigned bits)
{
    if (peer->fd < 0)
        return;
    if (peer->is_connecting && bits & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        connected(peer);
    else if (bits & EPOLLIN)
        hear(peer);
    else if (bits & (EPOLLERR | EPOLLHUP))
        lose(peer);
    if (peer->fd >= 0 && bits & EPOLLOUT && peer->is_blocked)
        speak(peer);
    if (peer->fd >= 0)
        watch(peer);
}

static void turn(void)
{
    struct epoll_event events[EVENTS];
    bool busy = speaking && options.rate <= 0;
    int n = epoll_wait(epoll, events, EVENTS, busy ? 0 : 1);
    double time;

    for (int i = 0; i < n; i++)
        serve(events[i].data.ptr, events[i].events);
    time = now();
    if (speaking)
        let_speak();
    if (options.churners || options.tricklers)
        let_misbehave(time);
}

static void run_for(double seconds)
{
    for (double end = now() + seconds; now() < end;)
        turn();
}

/* ---- the phases ---- */

static struct peer *add_peer(enum role role)
{
    struct peer *peer = &peers[all++];

    *peer = (struct peer){.fd = -1, .role = role, .speaker = -1, .receiver = -1};
    return peer;
}

static void add_peers(int n, enum role role)
{
    for (int i = 0; i < n; i++)
        add_peer(role)->at = role == TRICKLER ? now() + random_up_to(TRICKLE_PAUSE) : 0;
}

/* An end of the listener's own. */
static struct peer *add_local(int fd)
{
    struct peer *peer = add_peer(HONEST);

    peer->is_local = true;
    enter_epoll(peer, fd);
    return peer;
}

/* Assigns speakers and receivers. The listener's own ends come behind the peers. */
static void cast_roles(int in, int out)
{
    bool peers_hear = options.kind != MERGE;

    if (options.kind == STAR)
        options.speakers = 1;
    if (options.kind == MERGE)
        options.speakers = options.peers;
    speakers = zeroed((size_t)options.speakers, sizeof *speakers);
    add_peers(options.peers, HONEST);
    for (int i = 0; i < options.peers && peers_hear; i++)
        peers[i].receiver = receivers++;
    for (int i = 0; i < options.speakers && options.kind != STAR; i++) {
        speakers[i] = &peers[i];
        peers[i].speaker = i;
    }
    if (options.kind == STAR) {
        speakers[0] = add_local(in);
        speakers[0]->speaker = 0;
        speakers[0]->is_stopped = true;
    } else if (options.kind == MERGE) {
        add_local(out)->receiver = receivers++;
    }
    add_peers(options.deaf, DEAF);
    add_peers(options.churners, CHURNER);
    add_peers(options.tricklers, TRICKLER);
}

static long long expected(void)
{
    long long pairs = (long long)receivers * options.speakers;

    if (options.kind == CHAT || options.kind == BROKER)
        pairs -= options.speakers;
    return pairs * options.messages;
}

static void prepare_history(void)
{
    size_t pairs = (size_t)receivers * (size_t)options.speakers;

    seen = zeroed(pairs * (size_t)options.messages / 8 + 1, 1);
    newest = zeroed(pairs, sizeof *newest);
    for (size_t i = 0; i < pairs; i++)
        newest[i] = -1;
    said_at = zeroed((size_t)options.speakers * (size_t)options.messages, sizeof *said_at);
}

/* Connects all but churners, which come later, and waits for all effects of the arrivals. */
static void connect_all(void)
{
    int before = descriptors(), wanted = options.peers + options.deaf + options.tricklers;
    long rss = in_status(options.pid, "VmRSS:");
    double begin = now(), cpu = cpu_seconds(options.pid), seconds;

    for (int i = 0; i < all;) {
        if (peers[i].fd >= 0 || peers[i].role == CHURNER)
            i++;
        else if (connecting < options.pending)
            call_for(&peers[i++]);
        else
            turn();
    }
    while (entered < wanted || descriptors() - before < wanted) {
        turn();
        if (now() - begin > 4 * PATIENCE)
            die("only %d of %d came in", entered, wanted);
    }
    seconds = now() - begin;
    cpu = cpu_seconds(options.pid) - cpu;
    run_for(1.5);
    printf("in        %d peers in %.2f s (%.2f s of the listener), %lld notices\n", wanted, seconds,
           cpu, count.notices);
    printf("idle      %ld KiB, %.0f bytes for each peer (%ld KiB before)\n",
           in_status(options.pid, "VmRSS:"),
           (double)(in_status(options.pid, "VmRSS:") - rss) * 1024 / wanted, rss);
}

static void hold_speech(void)
{
    long long wanted = expected();

    last_delivery = start_of_speech = now();
    speaking = true;
    churning = options.churners > 0;
    while ((count.delivered < wanted && now() - last_delivery < PATIENCE) ||
           count.churned < options.cycles)
        turn();
    speaking = churning = false;
}

static void tell_speech(double cpu)
{
    double seconds = last_delivery - start_of_speech;

    printf("delivered %lld of %lld in %.2f s: %.0f a second\n", count.delivered, expected(),
           seconds, (double)count.delivered / (seconds > 0 ? seconds : 1));
    printf("time      p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", 1e3 * quantile(0.5),
           1e3 * quantile(0.99), 1e3 * longest);
    printf("listener  %.2f s of CPU, %.2f us a delivery; %ld KiB, at most %ld KiB\n", cpu,
           1e6 * cpu / (double)(count.delivered ? count.delivered : 1),
           in_status(options.pid, "VmRSS:"), in_status(options.pid, "VmHWM:"));
    printf(
        "meanwhile %lld connections of churners, %lld noises, %lld notices, %lld of %d deaf cut\n",
        count.churned, count.noise, count.notices, count.deaf_cut, options.deaf);
}

/* Returns the number of descriptors that the listener has too many once all peers are gone. */
static int part(int before)
{
    double end;

    for (int i = 0; i < all; i++)
        if (!peers[i].is_local)
            hang_up(&peers[i], peers[i].role == CHURNER);
    for (end = now() + PATIENCE; now() < end && descriptors() > before;)
        run_for(0.05);
    return descriptors() - before;
}

static bool is_alive(void)
{
    int status;

    if (!options.command)
        return kill(options.pid, 0) == 0;
    if (!listener_has_ended(&status))
        return true;
    printf("the listener ended: status %#x\n", status);
    return false;
}

static int verdict(int leaked, bool alive)
{
    long long lost = expected() - count.delivered;

    printf("faults    %lld lost, %lld doubled, %lld reordered, %lld torn, %lld invented, %lld cut, "
           "%d descriptors left%s\n",
           lost, count.doubled, count.reordered, count.torn, count.invented, count.cut, leaked,
           alive ? "" : ", the listener died");
    return lost || count.doubled || count.reordered || count.torn || count.invented || count.cut ||
           leaked || !alive;
}

static int run(void)
{
    int in = -1, out = -1, before, leaked;
    double cpu;
    bool alive;

    if (options.command)
        start_listener(&in, &out);
    before = descriptors();
    cast_roles(in, out);
    prepare_history();
    connect_all();
    cpu = cpu_seconds(options.pid);
    hold_speech();
    cpu = cpu_seconds(options.pid) - cpu;
    run_for(0.3); /* surplus messages */
    tell_speech(cpu);
    leaked = part(before);
    alive = is_alive();
    listener_stop();
    return verdict(leaked, alive);
}

/* ---- options ---- */

static int usage(void)
{
    fputs("usage: crowd [OPTION]... COMMAND [WORD]...    starts it; PORT becomes a port\n"
          "       crowd [OPTION]... -p PORT -i PID       of one that runs (chat, broker)\n"
          "  -k KIND      chat (default), broker, star or merge\n"
          "  -n PEERS     that are checked (100)\n"
          "  -s SPEAKERS  among them (1)\n"
          "  -m MESSAGES  of each speaker (100)\n"
          "  -l LENGTH    of a message (100)\n"
          "  -r RATE      messages a second, all together (0: as fast as it goes)\n"
          "  -o AHEAD     messages of a speaker that are on their way at once (0: any)\n"
          "  -d DEAF      peers that never read\n"
          "  -c CHURNERS  peers that come, go, reset, stop, go on and talk nonsense\n"
          "  -w SECONDS   that a churner waits between two such things, at most (0.2)\n"
          "  -y CYCLES    churners only connect and go; ends after so many of that\n"
          "  -t TRICKLERS peers that send a byte every 10 s\n"
          "  -j PENDING   connections in the making at once (500)\n",
          stderr);
    return 2;
}

static int kind_of(const char *name)
{
    for (int i = 0; i < 4; i++)
        if (!strcmp(kinds[i], name))
            return i;
    exit(usage());
}

static bool take_option(int letter)
{
    switch (letter) {
    case 'k': options.kind = (enum kind)kind_of(optarg); return true;
    case 'n': options.peers = atoi(optarg); return true;
    case 's': options.speakers = atoi(optarg); return true;
    case 'm': options.messages = atoi(optarg); return true;
    case 'l': options.size = atoi(optarg); return true;
    case 'r': options.rate = atof(optarg); return true;
    case 'o': options.ahead = atoi(optarg); return true;
    case 'd': options.deaf = atoi(optarg); return true;
    case 'c': options.churners = atoi(optarg); return true;
    case 'w': options.pause = atof(optarg); return true;
    case 'y': options.cycles = atoi(optarg); return true;
    case 't': options.tricklers = atoi(optarg); return true;
    case 'j': options.pending = atoi(optarg); return true;
    case 'p': options.port = atoi(optarg); return true;
    case 'i': options.pid = atoi(optarg); return true;
    default: return false;
    }
}

static bool are_sensible(void)
{
    bool is_running = options.port && options.pid;
    bool needs_ends = options.kind == STAR || options.kind == MERGE;

    return (options.command ? !options.port : is_running && !needs_ends) && options.peers > 0 &&
           options.speakers >= 0 && options.speakers <= options.peers && options.messages >= 0 &&
           options.size < LINE / 2 && (!options.cycles || options.churners);
}

int main(int argc, char **argv)
{
    int letter;

    while ((letter = getopt(argc, argv, "+k:n:s:m:l:r:o:d:c:w:y:t:j:p:i:")) != -1)
        if (!take_option(letter))
            return usage();
    options.command = optind < argc ? argv + optind : NULL;
    if (!are_sensible())
        return usage();
    raise_limit();
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    peers =
        zeroed((size_t)(options.peers + options.deaf + options.churners + options.tricklers) + 1,
               sizeof *peers);
    return run();
}
