/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lets one system call of a program fail (x86-64 Linux).
 *
 *     inject REPORT NUMBER ERRNO PROGRAM WORD...
 *
 * The program keeps its process, so that signals and its status are its own; a tracer stands beside
 * it. Calls are counted from the start of the program behind its loader, those of forked processes
 * among them, those of other programs not. NUMBER:CALL counts those of a kind only (see
 * syscall(2)), NUMBER:CALL:SECOND those with that second argument. The call of that NUMBER answers
 * ERRNO and does nothing, but a close closes. REPORT then has one line: the number of the call,
 * which call it is, its first two arguments. With a larger NUMBER than there are calls REPORT has
 * their number alone, and with NUMBER 0 before that a line for each. The tracer leaves with the
 * failed call. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BROKEN = 125, ALL_DESCRIPTORS = 1024 };

static long wanted, failure, calls;
static long only_call = -1, only_second = -1; /* -1: any */
static bool is_program, has_begun;            /* it was executed; its loader is done */
static pid_t first, failing;                  /* failing: the process whose call is made to fail */
static FILE *report;

static void give_up(const char *why)
{
    perror(why);
    exit(BROKEN);
}

/* No call of these can fail with such an error, and the C library relies on it; or it does not
 * return. */
static bool is_spared(const struct user_regs_struct *registers)
{
    static const long spared[] = {SYS_exit,
                                  SYS_exit_group,
                                  SYS_rt_sigreturn,
                                  SYS_execve,
                                  SYS_brk,
                                  SYS_arch_prctl,
                                  SYS_futex,
                                  SYS_set_tid_address,
                                  SYS_set_robust_list,
                                  SYS_rt_sigaction,
                                  SYS_rt_sigprocmask,
                                  SYS_rseq};
    long call = (long)registers->orig_rax;

    for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
        if (spared[i] == call)
            return true;
    return call == SYS_epoll_ctl && registers->rsi != EPOLL_CTL_ADD;
}

/* The system releases the descriptor, or the memory, even where it tells a failure. */
static bool is_made_all_the_same(long call)
{
    return call == SYS_close || call == SYS_munmap;
}

static bool counts(const struct user_regs_struct *registers)
{
    return (only_call < 0 || (long)registers->orig_rax == only_call) &&
           (only_second < 0 || (long)registers->rsi == only_second);
}

/* A filter of system calls would not let -1 pass, so that the call becomes getpid. */
static void begin_call(pid_t process)
{
    struct user_regs_struct registers;

    if (ptrace(PTRACE_GETREGS, process, 0, &registers) != 0 || !counts(&registers) ||
        (++calls != wanted && wanted))
        return;
    fprintf(report, "%ld %lld %lld %lld\n", calls, (long long)registers.orig_rax,
            (long long)registers.rdi, (long long)registers.rsi);
    if (!wanted)
        return;
    if (is_spared(&registers))
        exit(0);
    failing = process;
    if (is_made_all_the_same((long)registers.orig_rax))
        return;
    registers.orig_rax = SYS_getpid;
    ptrace(PTRACE_SETREGS, process, 0, &registers);
}

static void end_failure(void)
{
    struct user_regs_struct registers;

    if (ptrace(PTRACE_GETREGS, failing, 0, &registers) == 0) {
        registers.rax = (unsigned long long)-failure;
        ptrace(PTRACE_SETREGS, failing, 0, &registers);
    }
    exit(0);
}

/* The loader of the program, before main: its failures are not the program's. */
static bool is_in_loader(pid_t process, unsigned long long instruction)
{
    char path[64], line[512];
    unsigned long long from, to;
    bool is = false;
    FILE *maps;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    maps = fopen(path, "re");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%llx-%llx", &from, &to) == 2 && from <= instruction && instruction < to)
            is = strstr(line, "/ld-") != NULL;
    if (maps)
        fclose(maps);
    return is;
}

static void meet_call(pid_t process)
{
    struct __ptrace_syscall_info info;

    if (!is_program ||
        ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof info, &info) < (long)sizeof info.op)
        return;
    if (!has_begun && is_in_loader(process, info.instruction_pointer))
        return;
    has_begun = true;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && process == failing)
        end_failure();
    else if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        begin_call(process);
}

/* The signal, or 0, with which a stopped process goes on; -1: another program begins in it. */
static int meet_stop(pid_t process, int status)
{
    int number = WSTOPSIG(status), event = status >> 16;

    if (number == (SIGTRAP | 0x80)) {
        meet_call(process);
        return 0;
    }
    if (event == PTRACE_EVENT_EXEC && process == first)
        is_program = true;
    else if (event == PTRACE_EVENT_EXEC)
        return -1;
    return event ? 0 : number;
}

static void trace(void)
{
    int status, passed;
    pid_t process;

    while ((process = waitpid(-1, &status, __WALL)) > 0) {
        if (!WIFSTOPPED(status))
            continue;
        passed = meet_stop(process, status);
        ptrace(passed < 0 ? PTRACE_DETACH : PTRACE_SYSCALL, process, 0, passed < 0 ? 0 : passed);
    }
    fprintf(report, "%ld\n", calls);
    exit(0);
}

/* It holds no end of a pipe that somebody waits for. */
static void stand_beside(int ready)
{
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
                   PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;

    for (int fd = 0; fd < ALL_DESCRIPTORS; fd++)
        if (fd != ready && fd != fileno(report))
            close(fd);
    if (ptrace(PTRACE_SEIZE, first, 0, options) != 0 ||
        ptrace(PTRACE_INTERRUPT, first, 0, 0) != 0 || write(ready, "", 1) != 1)
        exit(BROKEN);
    close(ready);
    trace();
}

/* The tracer is a grandchild, which the program never waits for. */
static void begin_tracer(void)
{
    int ends[2];
    char byte;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        give_up("pipe2");
    child = fork();
    if (child == 0) {
        if (fork() == 0)
            stand_beside(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    waitpid(child, NULL, 0);
    if (read(ends[0], &byte, 1) != 1)
        give_up("the tracer");
    close(ends[0]);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return BROKEN;
    report = fopen(argv[1], "we");
    sscanf(argv[2], "%ld:%ld:%ld", &wanted, &only_call, &only_second);
    failure = strtol(argv[3], NULL, 10);
    first = getpid();
    if (!report)
        give_up(argv[1]);
    begin_tracer();
    execv(argv[4], argv + 4);
    give_up(argv[4]);
}
