/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/features.h"

#include <iconv.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#ifndef DF_1_PIE
#define DF_1_PIE 0x08000000 /* older headers lack it */
#endif

#ifdef _LIBICONV_VERSION
#define ICONV "iconv-libiconv"
#else
#define ICONV "iconv-glibc"
#endif

#ifdef TCPCHAT_IS_ONE_FILE
#define STATIC "static"
#else
#define STATIC NULL
#endif

#ifdef TCPCHAT_READLINE_IS_STATIC
#define READLINE "readline-static"
#else
#define READLINE "readline-shared"
#endif

#ifdef TCPCHAT_HAS_PCRE2
#define PCRE2 "pcre2"
#else
#define PCRE2 NULL
#endif

#ifdef TCPCHAT_HAS_TLS
#define TLS "tls"
#else
#define TLS NULL
#endif

#ifdef TCPCHAT_HAS_SECCOMP
#define SECCOMP "seccomp"
#else
#define SECCOMP NULL
#endif

/* glibc defines the level that it really applies: 0 without optimization. */
#if defined __USE_FORTIFY_LEVEL && __USE_FORTIFY_LEVEL >= 3
#define FORTIFY "fortify-3"
#elif defined __USE_FORTIFY_LEVEL && __USE_FORTIFY_LEVEL == 2
#define FORTIFY "fortify-2"
#elif defined __USE_FORTIFY_LEVEL && __USE_FORTIFY_LEVEL == 1
#define FORTIFY "fortify-1"
#else
#define FORTIFY NULL
#endif

#if defined __SSP_STRONG__ || defined __SSP_ALL__
#define STACK_PROTECTOR "stack-protector"
#else
#define STACK_PROTECTOR NULL
#endif

#ifdef TCPCHAT_HAS_STACK_CLASH
#define STACK_CLASH "stack-clash"
#else
#define STACK_CLASH NULL
#endif

#ifdef TCPCHAT_HAS_ZERO_INIT
#define ZERO_INIT "zero-init"
#else
#define ZERO_INIT NULL
#endif

#ifdef __CET__
#define BRANCHES "cf-protection"
#elif defined __ARM_FEATURE_BTI_DEFAULT
#define BRANCHES "branch-protection"
#else
#define BRANCHES NULL
#endif

#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#define ASAN "asan"
#else
#define ASAN NULL
#endif

#if defined TCPCHAT_HAS_UBSAN || __has_feature(undefined_behavior_sanitizer)
#define UBSAN "ubsan"
#else
#define UBSAN NULL
#endif

static const char *const built[] = {
    STATIC,          ICONV,       READLINE,  TLS,      PCRE2, SECCOMP, FORTIFY,
    STACK_PROTECTOR, STACK_CLASH, ZERO_INIT, BRANCHES, ASAN,  UBSAN};

/* ---- the program's ELF headers ---- */

struct elf_facts {
    bool is_pie, has_relro, binds_now, has_exec_stack;
};

static void read_dynamic(struct elf_facts *facts, const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_BIND_NOW)
            facts->binds_now = true;
        if (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_BIND_NOW)
            facts->binds_now = true;
        if (entry->d_tag == DT_FLAGS_1) {
            facts->binds_now |= entry->d_un.d_val & DF_1_NOW;
            facts->is_pie |= entry->d_un.d_val & DF_1_PIE;
        }
    }
}

/* The first object is the program; 1 leaves out the others. */
static int read_headers(struct dl_phdr_info *info, size_t size, void *owner)
{
    struct elf_facts *facts = owner;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];

        if (header->p_type == PT_GNU_RELRO)
            facts->has_relro = true;
        if (header->p_type == PT_GNU_STACK)
            facts->has_exec_stack = header->p_flags & PF_X;
        if (header->p_type == PT_DYNAMIC)
            read_dynamic(facts, (const void *)(info->dlpi_addr + header->p_vaddr));
    }
    return 1;
}

static void add_word(char *line, size_t size, const char *word)
{
    size_t length = strlen(line);

    if (word)
        snprintf(line + length, size - length, " %s", word);
}

void features_write(char *line, size_t size)
{
    struct elf_facts facts = {.has_exec_stack = true};

    dl_iterate_phdr(read_headers, &facts);
    snprintf(line, size, "Features:");
    for (size_t i = 0; i < sizeof built / sizeof *built; i++)
        add_word(line, size, built[i]);
    add_word(line, size, facts.is_pie ? "pie" : NULL);
    add_word(line, size, facts.has_relro ? "relro" : NULL);
    add_word(line, size, facts.binds_now ? "now" : NULL);
    add_word(line, size, facts.has_exec_stack ? NULL : "noexec-stack");
}
