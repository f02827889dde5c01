/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that was taken over, to be loaded with LD_PRELOAD: before it reads the first byte of a
 * peer, it tries to get at the rest of the world. Each attempt is a raw call of the system, with
 * arguments that do no harm where it succeeds.
 *
 * $ESCAPE_REPORT is the number of a descriptor, which gets a line for each attempt: its name, and 0
 * or the error. $ESCAPE_PORT is a port of 127.0.0.1 where a test listens. With $ESCAPE_HELPER the
 * helper is asked for a file that was not granted. With $ESCAPE_ARCH the process makes a call of
 * another architecture in place of all that. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "next.h"

/* Numbers that older headers lack; most machines have the same. */
enum {
    OPENAT2 = 437,
    CLONE3 = 435,
    PIDFD_OPEN = 434,
    PIDFD_GETFD = 438,
    PIDFD_SEND_SIGNAL = 424,
    IO_URING_SETUP = 425,
    OPEN_TREE = 428,
    MOVE_MOUNT = 429,
    FSOPEN = 430,
    PROCESS_MADVISE = 440,
    LANDLOCK_CREATE_RULESET = 444,
    MEMFD_SECRET = 447,
};

static const char nowhere[] = "/nonexistent/escape", passwd[] = "/etc/passwd";
static char page[4096] __attribute__((aligned(4096)));
static int report;

/* The line is 0 where the call has succeeded. */
static void tell(const char *name, long result)
{
    char line[80];
    int length = snprintf(line, sizeof line, "%s %d\n", name, result < 0 ? errno : 0);

    if (write(report, line, (size_t)length) < 0)
        abort();
}

/* ---- plain calls ---- */

#define AT(call) #call, SYS_##call
#define P(pointer) ((long)(intptr_t)(pointer))

struct attempt {
    const char *name;
    long number, arguments[6];
};

static void try_all(const struct attempt *attempts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const long *a = attempts[i].arguments;

        tell(attempts[i].name, syscall(attempts[i].number, a[0], a[1], a[2], a[3], a[4], a[5]));
    }
}

#define TRY(...)                                      \
    do {                                              \
        const struct attempt tried[] = {__VA_ARGS__}; \
        try_all(tried, sizeof tried / sizeof *tried); \
    } while (0)

static void try_files(void)
{
    long how[3] = {O_RDONLY, 0, 0};

    TRY({AT(openat), {AT_FDCWD, P(passwd), O_RDONLY}},
        {"openat_directory", SYS_openat, {AT_FDCWD, P("/"), O_RDONLY | O_DIRECTORY}},
        {"openat_path", SYS_openat, {AT_FDCWD, P("/"), O_PATH}},
        {"openat_new", SYS_openat, {AT_FDCWD, P(nowhere), O_WRONLY | O_CREAT, 0600}},
        {"openat_nameless", SYS_openat, {AT_FDCWD, P("/tmp"), O_TMPFILE | O_RDWR, 0600}},
        {"openat_anew", SYS_openat, {AT_FDCWD, P("/proc/self/fd/1"), O_WRONLY}},
        {"openat_memory", SYS_openat, {AT_FDCWD, P("/proc/self/mem"), O_RDWR}},
        {"openat2", OPENAT2, {AT_FDCWD, P(passwd), P(how), sizeof how}},
        {AT(mkdirat), {AT_FDCWD, P(nowhere), 0700}}, {AT(unlinkat), {AT_FDCWD, P(nowhere), 0}},
        {AT(symlinkat), {P(passwd), AT_FDCWD, P(nowhere)}},
        {AT(linkat), {AT_FDCWD, P(passwd), AT_FDCWD, P(nowhere), 0}},
        {AT(renameat2), {AT_FDCWD, P(nowhere), AT_FDCWD, P(nowhere), 0}},
        {AT(mknodat), {AT_FDCWD, P(nowhere), S_IFREG | 0600, 0}}, {AT(truncate), {P(nowhere), 0}},
        {AT(fchmodat), {AT_FDCWD, P(nowhere), 0600}},
        {AT(fchownat), {AT_FDCWD, P(nowhere), -1, -1, 0}},
        {AT(utimensat), {AT_FDCWD, P(nowhere), 0, 0}},
        {AT(newfstatat), {AT_FDCWD, P(passwd), P(page), 0}},
        {"newfstatat_empty", SYS_newfstatat, {AT_FDCWD, P(passwd), P(page), AT_EMPTY_PATH}},
        {AT(statx), {AT_FDCWD, P(passwd), 0, 0, P(page)}}, {AT(statfs), {P("/"), P(page)}},
        {AT(faccessat), {AT_FDCWD, P(passwd), 0}},
        {AT(readlinkat), {AT_FDCWD, P("/proc/self/exe"), P(page), sizeof page}},
        {AT(getcwd), {P(page), sizeof page}}, {AT(chdir), {P("/")}}, {AT(fchmod), {1, 0600}},
        {"fchmod_to_all", SYS_fchmod, {1, 0666}},
        {AT(getxattr), {P(passwd), P("user.a"), P(page), 1}}, {AT(chroot), {P(nowhere)}},
        {AT(mount), {0, P(nowhere), 0, 0, 0}}, {AT(umount2), {P(nowhere), 0}},
        {"open_tree", OPEN_TREE, {AT_FDCWD, P("/"), 0}}, {"fsopen", FSOPEN, {P("tmpfs"), 0}},
        {"move_mount", MOVE_MOUNT, {-1, P(nowhere), -1, P(nowhere), 0}},
        {AT(pivot_root), {P(nowhere), P(nowhere)}},
        {AT(name_to_handle_at), {AT_FDCWD, P(passwd), P(page), P(page), 0}},
        {AT(open_by_handle_at), {-1, P(page), 0}}, {AT(inotify_init1), {0}},
        {AT(fanotify_init), {0, 0}}, {AT(memfd_create), {P("a"), 0}},
        {"memfd_secret", MEMFD_SECRET, {0}}, {AT(io_setup), {1, P(page)}},
        {"io_uring_setup", IO_URING_SETUP, {1, P(page)}});
}

static void try_memory(void)
{
    TRY({"mmap_code",
         SYS_mmap,
         {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
        {"mprotect_code", SYS_mprotect, {P(page), 4096, PROT_READ | PROT_WRITE | PROT_EXEC}},
        {AT(pkey_mprotect), {P(page), 4096, PROT_READ | PROT_WRITE, -1}}, {AT(userfaultfd), {0}},
        {AT(shmget), {0, 4096, 0600}}, {AT(semget), {0, 1, 0600}}, {AT(msgget), {0, 0600}},
        {AT(mq_open), {P("a"), O_RDONLY}}, {AT(remap_file_pages), {0}});
}

static void try_others(void)
{
    pid_t parent = getppid();

    TRY({AT(kill), {parent, 0}}, {"kill_all", SYS_kill, {-1, 0}}, {"kill_group", SYS_kill, {0, 0}},
        {AT(tkill), {parent, 0}}, {AT(tgkill), {parent, parent, 0}},
        {AT(rt_sigqueueinfo), {parent, 0, P(page)}},
        {AT(rt_tgsigqueueinfo), {parent, parent, 0, P(page)}},
        {"pidfd_open", PIDFD_OPEN, {parent, 0}}, {"pidfd_getfd", PIDFD_GETFD, {-1, 0, 0}},
        {"pidfd_send_signal", PIDFD_SEND_SIGNAL, {-1, 0, 0, 0}},
        {AT(ptrace), {PTRACE_SEIZE, parent, 0, 0}},
        {AT(process_vm_readv), {parent, P(page), 0, P(page), 0, 0}},
        {AT(process_vm_writev), {parent, P(page), 0, P(page), 0, 0}},
        {"process_madvise", PROCESS_MADVISE, {-1, P(page), 0, 0, 0}},
        {AT(kcmp), {parent, parent, 0, 0, 0}},
        {"prlimit64_other", SYS_prlimit64, {parent, 7, 0, 0}}, {AT(setpriority), {0, 0, 19}},
        {AT(sched_setaffinity), {parent, 0, 0}}, {AT(getpgid), {parent}}, {AT(setsid), {0}},
        {AT(setpgid), {parent, 0}}, {"fcntl_owner", SYS_fcntl, {1, F_SETOWN, parent}},
        {"fcntl_signal", SYS_fcntl, {1, F_SETSIG, SIGKILL}},
        {"ioctl_typing", SYS_ioctl, {0, TIOCSTI, P("x")}},
        {"ioctl_owner", SYS_ioctl, {0, FIOSETOWN, 0}},
        {AT(timer_create), {CLOCK_MONOTONIC, 0, P(page)}}, {AT(keyctl), {0, -3, 0}},
        {AT(add_key), {P("user"), P("a"), P("b"), 1, -1}},
        {AT(request_key), {P("user"), P("a"), 0, -1}});
}

static void try_kernel(void)
{
    TRY({AT(bpf), {0, P(page), 8}}, {AT(perf_event_open), {P(page), 0, -1, -1, 0}},
        {AT(init_module), {0, 0, 0}}, {AT(finit_module), {-1, 0, 0}},
        {AT(delete_module), {P("escape"), 0}}, {AT(kexec_load), {0, 0, 0, 1}},
        {AT(reboot), {0, 0, 0, 0}}, {AT(syslog), {10, 0, 0}}, {AT(sethostname), {0, -1}},
        {AT(clock_settime), {-1, 0}}, {AT(settimeofday), {0, 0}}, {AT(swapon), {P(nowhere), 0}},
        {AT(acct), {P(nowhere)}}, {AT(quotactl), {0, 0, 0, 0}}, {AT(unshare), {0}},
        {AT(setns), {-1, 0}}, {AT(personality), {0xFFFFFFFF}}, {AT(setuid), {-1}},
        {AT(setgid), {-1}}, {AT(setgroups), {-1, 0}}, {AT(capset), {P(page), 0}},
        {AT(capget), {P(page), 0}}, {"prctl_name", SYS_prctl, {PR_SET_NAME, P("a")}},
        {"prctl_memory", SYS_prctl, {PR_SET_MM, 0, 0, 0, 0}}, {AT(seccomp), {2, 0, P(page)}},
        {"landlock", LANDLOCK_CREATE_RULESET, {0, 0, 1}}, {AT(uname), {P(page)}},
        {AT(getdents64), {0, P(page), 64}});
}

static void try_sockets(void)
{
    TRY({"socket_ipv4", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
        {"socket_ipv6", SYS_socket, {AF_INET6, SOCK_STREAM, 0}},
        {"socket_mptcp", SYS_socket, {AF_INET, SOCK_STREAM, 262}},
        {"socket_udp", SYS_socket, {AF_INET, SOCK_DGRAM, 0}},
        {"socket_raw", SYS_socket, {AF_INET, SOCK_RAW, 1}},
        {"socket_unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
        {"socket_netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
        {"socket_packet", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
        {"socket_vsock", SYS_socket, {40, SOCK_STREAM, 0}},
        {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_DGRAM, 0, P(page)}},
        {AT(sendmmsg), {0, P(page), 0, 0}}, {AT(recvmmsg), {0, P(page), 0, 0, 0}});
}

/* ---- calls that need more ---- */

static void try_programs(void)
{
    static char *const words[] = {"nothing", NULL};
    struct clone_args how = {.exit_signal = SIGCHLD};
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (child == 0)
        _exit(0);
    tell("clone", child);
    child = syscall(CLONE3, &how, sizeof how);
    if (child == 0)
        _exit(0);
    tell("clone3", child);
#ifdef SYS_fork
    child = syscall(SYS_fork);
    if (child == 0)
        _exit(0);
    tell("fork", child);
#endif
    TRY({AT(execve), {P(nowhere), P(words), 0}},
        {AT(execveat), {AT_FDCWD, P(nowhere), P(words), 0, 0}});
}

static struct sockaddr_in place(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* On a socket that the process has, and on a new one, where it may have one. */
static void try_connections(int fd)
{
    const char *port = getenv("ESCAPE_PORT");
    struct sockaddr_in there = place(port ? atoi(port) : 1);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int fresh = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

    tell("connect_anew", syscall(SYS_connect, fd, &nobody, sizeof nobody));
    tell("connect_elsewhere",
         fresh < 0 ? fresh : syscall(SYS_connect, fresh, &there, sizeof there));
    tell("connect_fast", fresh < 0 ? fresh
                                   : syscall(SYS_sendto, fresh, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
                                             &there, sizeof there));
    tell("bind", fresh < 0 ? fresh : syscall(SYS_bind, fresh, &there, sizeof there));
    tell("listen", syscall(SYS_listen, fresh < 0 ? fd : fresh, 1));
}

/* ---- the helper ---- */

/* A request as os/parcel writes it, and as os/granted_files reads it: to read a path. */
struct forged {
    int64_t value;
    unsigned number;
    struct {
        uint32_t how, folder;
        uint64_t device, inode;
    } question;
    char path[sizeof passwd];
} __attribute__((packed));

static int find_helper(void)
{
    for (int fd = 3; fd < 64; fd++) {
        int type = 0;
        socklen_t size = sizeof type;

        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
            return fd;
    }
    return -1;
}

/* Whether the helper answers with a descriptor. */
static bool is_given(int helper, unsigned number, int64_t value)
{
    unsigned char head[16] = {0}, bytes[128], control[CMSG_SPACE(4 * sizeof(int))];
    struct forged forged = {value, number, {0, 0, 0, 0}, ""};
    struct iovec sent[] = {{head, sizeof head},
                           {&forged.question, sizeof forged.question + sizeof passwd - 1}};
    struct iovec room = {bytes, sizeof bytes};
    struct msghdr request = {.msg_iov = sent, .msg_iovlen = 2};
    struct msghdr reply = {.msg_iov = &room,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};

    memcpy(forged.path, passwd, sizeof passwd);
    memcpy(head, &value, sizeof value);
    memcpy(head + sizeof value, &number, sizeof number);
    return sendmsg(helper, &request, MSG_NOSIGNAL) > 0 && recvmsg(helper, &reply, 0) > 0 &&
           CMSG_FIRSTHDR(&reply);
}

/* Every grant that there may be. */
static void try_helper(void)
{
    int helper = find_helper();
    bool is_open = false;

    for (unsigned number = 1; helper >= 0 && number < 6; number++)
        for (int64_t value = -1; value < 4; value++)
            is_open |= is_given(helper, number, value);
    errno = helper < 0 ? ENOTCONN : EPERM;
    tell("helper", is_open ? 0 : -1);
}

static void call_foreign(void)
{
#ifdef __x86_64__
    long number = 20; /* getpid of i386 */

    __asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
#endif
}

static void escape(int fd)
{
    if (getenv("ESCAPE_ARCH")) {
        call_foreign();
        return;
    }
    report = atoi(getenv("ESCAPE_REPORT"));
    try_files();
    try_memory();
    try_others();
    try_kernel();
    try_sockets();
    try_programs();
    try_connections(fd);
    if (getenv("ESCAPE_HELPER"))
        try_helper();
    close(report);
}

/* ---- the moment ---- */

ssize_t recv(int fd, void *bytes, size_t n, int flags)
{
    static bool has_tried;
    NEXT(recv)

    if (!has_tried) {
        has_tried = true;
        escape(fd);
    }
    return next(fd, bytes, n, flags);
}
