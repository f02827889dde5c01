/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sandbox_filter: writes the header sandbox_filter.h, the seccomp filters of os/sandbox, in the
 * assembly of the kernel's classic BPF. It runs where tcpchat is built.
 *
 * A filter is a list of the calls that a run makes once it is set up; all others fail with EPERM.
 * Each call has its arguments checked where they could reach further than the run needs. The
 * number of the process is known to that alone, so that the header has a hole for it.
 *
 * sandbox_filter FILE [sanitizer] [coverage]: these words add the calls of a build for tests. */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/prctl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* glibc reads and sets a terminal by these from version 2.42 on. Some machines have one kind. */
#ifndef TCGETS2
#define TCGETS2 TCGETS
#define TCSETS2 TCSETS
#define TCSETSW2 TCSETSW
#define TCSETSF2 TCSETSF
#endif

/* In place of the number of the process. */
enum { PROCESS_HOLE = 0x7C1D0001 };

enum { DIALS = 1, PERSON = 2, UNLOCKS = 4, LINE = 4 /* instructions on a line */ };

/* The kinds of runs, of these bits. Only a person unlocks. */
static const unsigned kinds[] = {0, DIALS, PERSON, PERSON | DIALS, PERSON | UNLOCKS};

static scmp_filter_ctx filter;

static void fail(const char *what, int number)
{
    fprintf(stderr, "sandbox_filter: %s: %s\n", what, strerror(number));
    exit(1);
}

/* ---- rules ---- */

/* A call that this machine or libseccomp does not know is none that could be made. */
static void add(uint32_t action, const char *call, unsigned count,
                const struct scmp_arg_cmp *checks)
{
    int number = seccomp_syscall_resolve_name(call);
    int result = number < 0 ? 0 : seccomp_rule_add_array(filter, action, number, count, checks);

    if (result < 0)
        fail(call, -result);
}

static void allow(const char *call)
{
    add(SCMP_ACT_ALLOW, call, 0, NULL);
}

static void allow_all(const char *const *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        allow(calls[i]);
}

/* The arguments of system calls that are int have 32 bits. */
static struct scmp_arg_cmp equals(unsigned argument, uint64_t value)
{
    return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, 0xFFFFFFFF, value);
}

static struct scmp_arg_cmp lacks(unsigned argument, uint64_t bit)
{
    return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, bit, 0);
}

static void allow_if(const char *call, struct scmp_arg_cmp check)
{
    add(SCMP_ACT_ALLOW, call, 1, &check);
}

static void allow_if_both(const char *call, struct scmp_arg_cmp one, struct scmp_arg_cmp other)
{
    add(SCMP_ACT_ALLOW, call, 2, (struct scmp_arg_cmp[]){one, other});
}

static void allow_values(const char *call, unsigned argument, const unsigned *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        allow_if(call, equals(argument, values[i]));
}

/* ---- every run ---- */

static void allow_descriptors(void)
{
    static const char *const calls[] = {
        "read",        "write",        "readv",        "writev",        "pread64",   "pwrite64",
        "lseek",       "_llseek",      "close",        "dup",           "dup2",      "dup3",
        "poll",        "ppoll",        "ppoll_time64", "epoll_create1", "epoll_ctl", "epoll_wait",
        "epoll_pwait", "epoll_pwait2", "eventfd2",     "pipe2",         "splice",    "fstat",
        "fstat64",     "ftruncate",    "ftruncate64",  "fsync",         "signalfd4",
    };
    /* F_SETOWN and F_SETSIG would send signals to others. */
    static const unsigned fcntls[] = {F_GETFD,         F_SETFD,      F_GETFL,     F_SETFL,
                                      F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_SETPIPE_SZ};
    /* TIOCSTI would type into the terminal, FIOSETOWN is F_SETOWN. The two of libuv are last. */
    static const unsigned ioctls[] = {TCGETS,   TCGETS2,     TIOCGWINSZ, SIOCINQ,
                                      SIOCOUTQ, SIOCGIFNAME, FIONBIO,    FIOCLEX};

    allow_all(calls, COUNT(calls));
    allow_values("fcntl", 1, fcntls, COUNT(fcntls));
    allow_values("fcntl64", 1, fcntls, COUNT(fcntls));
    allow_values("ioctl", 1, ioctls, COUNT(ioctls));
}

static void allow_options_of_sockets(void)
{
    static const unsigned of_socket[] = {SO_KEEPALIVE, SO_LINGER, SO_OOBINLINE, SO_RCVLOWAT,
                                         SO_REUSEADDR};
    static const unsigned of_tcp[] = {TCP_CONGESTION, TCP_KEEPCNT, TCP_KEEPIDLE,
                                      TCP_KEEPINTVL,  TCP_NODELAY, TCP_NOTSENT_LOWAT};

    for (size_t i = 0; i < COUNT(of_socket); i++)
        allow_if_both("setsockopt", equals(1, SOL_SOCKET), equals(2, of_socket[i]));
    for (size_t i = 0; i < COUNT(of_tcp); i++)
        allow_if_both("setsockopt", equals(1, IPPROTO_TCP), equals(2, of_tcp[i]));
    allow_if_both("setsockopt", equals(1, IPPROTO_IP), equals(2, IP_TTL));
    allow_if_both("setsockopt", equals(1, IPPROTO_IPV6), equals(2, IPV6_UNICAST_HOPS));
}

/* A socket without a connection makes one where it sends with MSG_FASTOPEN: one of a dial, or a
 * listening one that was shut down. */
static void allow_sockets(void)
{
    static const char *const calls[] = {"accept4",     "recvfrom",    "recvmsg", "getsockopt",
                                        "getsockname", "getpeername", "shutdown"};

    allow_all(calls, COUNT(calls));
    allow_options_of_sockets();
    allow_if("sendto", lacks(3, MSG_FASTOPEN));
    allow_if("sendmsg", lacks(2, MSG_FASTOPEN));
}

static void allow_memory(void)
{
    static const char *const calls[] = {"brk", "munmap", "mremap", "madvise"};

    allow_all(calls, COUNT(calls));
    allow_if("mmap", lacks(2, PROT_EXEC));
    allow_if("mmap2", lacks(2, PROT_EXEC));
    allow_if("mprotect", lacks(2, PROT_EXEC));
}

/* Only itself may get a signal: raise(3) after the end by one, and abort(3). musl names the thread
 * alone, which has the number of the process. */
static void allow_process(void)
{
    static const char *const calls[] = {
        "exit",
        "exit_group",
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigreturn",
        "sigaltstack",
        "restart_syscall",
        "getpid",
        "gettid",
        "getuid",
        "getuid32",
        "geteuid",
        "geteuid32",
        "futex",
        "sched_yield",
        "getrandom",
        "clock_gettime",
        "clock_gettime64",
        "gettimeofday",
        "time",
        "nanosleep",
        "clock_nanosleep",
        "clock_nanosleep_time64",
        "getrlimit",
        "ugetrlimit",
        "wait4",
    };

    allow_all(calls, COUNT(calls));
    allow_if("tgkill", equals(0, PROCESS_HOLE));
    allow_if("tkill", equals(0, PROCESS_HOLE)); /* of musl */
    allow_if_both("prctl", equals(0, PR_SET_DUMPABLE), equals(1, 0));
    allow_if_both("prlimit64", equals(0, 0), SCMP_CMP64(2, SCMP_CMP_EQ, 0));
    add(SCMP_ACT_ERRNO(ENOSYS), "io_uring_setup", 0, NULL);
    add(SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
}

/* Machines where base/status leaves fstat(3) to the C library: it may ask by an empty name. */
static void allow_status(void)
{
#if !defined __x86_64__ && !defined __aarch64__
    allow_if("newfstatat", equals(3, AT_EMPTY_PATH));
    allow_if("statx", equals(2, AT_EMPTY_PATH));
#endif
}

/* ---- some runs ---- */

/* SOCK_STREAM and its flags only. Landlock has the list of ports, which is about TCP alone: MPTCP
 * and SCTP are other protocols of such sockets. */
static void allow_dials(void)
{
    static const unsigned families[] = {AF_INET, AF_INET6};

    for (size_t i = 0; i < COUNT(families); i++)
        add(SCMP_ACT_ALLOW, "socket", 3,
            (struct scmp_arg_cmp[]){equals(0, families[i]),
                                    SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, 0xF, SOCK_STREAM),
                                    equals(2, 0)});
    allow("connect");
    allow("bind");
}

/* Ctrl-Z is for the whole group, as the terminal sends it. A person reads any file and folder,
 * through the helper, and opens none of them to others. */
static void allow_person(void)
{
    static const unsigned ioctls[] = {TCSETS,   TCSETSW,  TCSETSF, TCSETS2,
                                      TCSETSW2, TCSETSF2, TCFLSH,  TIOCGPGRP};

    allow_values("ioctl", 1, ioctls, COUNT(ioctls));
    allow_if_both("kill", equals(0, 0), equals(1, SIGTSTP));
    allow("getpgrp");
    allow_if("getpgid", equals(0, 0));
    allow("flock");
    allow_if("fchmod", equals(1, 0600));
    allow("getdents64");
    allow("timerfd_create");
    allow("timerfd_settime");
    allow("timerfd_settime64");
}

/* ---- builds for tests ---- */

/* LeakSanitizer stops this process from a clone of it, and looks around in /proc. A report is read
 * by a program. */
static void allow_sanitizer(void)
{
    static const char *const calls[] = {
        "clone",      "fork",
        "vfork",      "execve",
        "ptrace",     "prctl",
        "open",       "openat",
        "readlink",   "readlinkat",
        "stat",       "newfstatat",
        "statx",      "access",
        "faccessat",  "faccessat2",
        "getdents",   "getdents64",
        "mmap",       "mprotect",
        "pipe",       "kill",
        "tgkill",     "prlimit64",
        "arch_prctl", "set_robust_list",
        "rseq",       "set_tid_address",
        "uname",      "getppid",
        "getcwd",     "fcntl",
        "ioctl",      "select",
        "pselect6",   "sched_getaffinity",
        "sysinfo",    "waitid",
    };

    allow_all(calls, COUNT(calls));
}

/* The counts are written at the end, each beside its object. */
static void allow_coverage(void)
{
    static const char *const calls[] = {"open", "openat", "mkdir",  "newfstatat",
                                        "stat", "fcntl",  "access", "getcwd"};

    allow_all(calls, COUNT(calls));
}

static void allow_build(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], "sanitizer"))
            allow_sanitizer();
        else if (!strcmp(argv[i], "coverage"))
            allow_coverage();
        else
            fail(argv[i], EINVAL);
}

/* ---- the header ---- */

/* A tree: the kernel asks a filter about each call when it is loaded, and a list takes longer. */
static void begin(void)
{
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        fail("seccomp_init", ENOMEM);
    seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
}

static size_t compile(struct sock_filter steps[BPF_MAXINSNS])
{
    FILE *file = tmpfile();
    size_t count;
    int result;

    if (!file)
        fail("tmpfile", errno);
    result = seccomp_export_bpf(filter, fileno(file));
    if (result < 0)
        fail("seccomp_export_bpf", -result);
    rewind(file);
    count = fread(steps, sizeof *steps, BPF_MAXINSNS, file);
    fclose(file);
    seccomp_release(filter);
    return count;
}

static void print(unsigned number, const struct sock_filter *steps, size_t count)
{
    printf("static const struct sock_filter filter_%u[] = {\n", number);
    for (size_t i = 0; i < count; i++)
        printf("%s{0x%02x, %u, %u, 0x%08x},%s", i % LINE ? " " : "    ", steps[i].code, steps[i].jt,
               steps[i].jf, steps[i].k, i % LINE == LINE - 1 || i + 1 == count ? "\n" : "");
    printf("};\n\n");
}

static void print_table(void)
{
    printf(
        "enum { PROCESS_HOLE = 0x%08x, FILTER_DIALS = %d, FILTER_PERSON = %d, FILTER_UNLOCKS = %d "
        "};\n\n",
        PROCESS_HOLE, DIALS, PERSON, UNLOCKS);
    printf(
        "static const struct {\n    const struct sock_filter *steps;\n    unsigned short count;\n"
        "} filters[] = {\n");
    for (size_t i = 0; i < COUNT(kinds); i++)
        printf("    [%u] = {filter_%u, sizeof filter_%u / sizeof *filter_%u},\n", kinds[i],
               kinds[i], kinds[i], kinds[i]);
    printf("};\n");
}

int main(int argc, char **argv)
{
    static struct sock_filter steps[BPF_MAXINSNS];

    if (argc < 2 || !freopen(argv[1], "w", stdout))
        fail("FILE", argc < 2 ? EINVAL : errno);
    printf("/* Made by tools/sandbox_filter.c. */\n#include <linux/filter.h>\n\n");
    for (size_t i = 0; i < COUNT(kinds); i++) {
        begin();
        allow_descriptors();
        allow_sockets();
        allow_memory();
        allow_process();
        allow_status();
        if (kinds[i] & DIALS)
            allow_dials();
        if (kinds[i] & PERSON)
            allow_person();
        if (kinds[i] & UNLOCKS)
            allow("listen");
        allow_build(argc, argv);
        print(kinds[i], steps, compile(steps));
    }
    print_table();
    return fflush(stdout) == 0 ? 0 : 1;
}
