/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz: shared by the targets: claims, which end the run where they do not hold, and an input that
 * is taken from its start. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLAIM(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

struct data {
    const uint8_t *bytes;
    size_t left;
};

/* The next byte; 0 behind the end. */
static inline uint8_t input_byte(struct data *input)
{
    if (!input->left)
        return 0;
    input->left--;
    return *input->bytes++;
}

/* The next word, up to a NUL or the end, in memory that the caller frees; NULL behind the end. */
static inline char *input_word(struct data *input)
{
    const uint8_t *nul = input->left ? memchr(input->bytes, 0, input->left) : NULL;
    size_t length = nul ? (size_t)(nul - input->bytes) : input->left;
    char *word;

    if (!input->left)
        return NULL;
    word = malloc(length + 1);
    CLAIM(word);
    memcpy(word, input->bytes, length);
    word[length] = '\0';
    input->bytes += length + !!nul;
    input->left -= length + !!nul;
    return word;
}
