/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/suggest.h"

#include <stdbool.h>
#include <string.h>

/* The last three rows of the table of distances of all prefixes: a swap looks back two rows. */
struct table {
    const char *a, *b;
    size_t rows[3][SUGGEST_LENGTH + 1];
};

static size_t *row_of(struct table *table, size_t i)
{
    return table->rows[i % 3];
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_swap(const struct table *table, size_t i, size_t j)
{
    return i > 1 && j > 1 && table->a[i - 1] == table->b[j - 2] &&
           table->a[i - 2] == table->b[j - 1];
}

static size_t distance_at(struct table *table, size_t i, size_t j)
{
    size_t replaced = row_of(table, i - 1)[j - 1] + (table->a[i - 1] != table->b[j - 1]);
    size_t left_out = row_of(table, i - 1)[j] + 1;
    size_t put_in = row_of(table, i)[j - 1] + 1;
    size_t distance = least(replaced, least(left_out, put_in));

    return is_swap(table, i, j) ? least(distance, row_of(table, i - 2)[j - 2] + 1) : distance;
}

static void fill_row(struct table *table, size_t i, size_t length)
{
    row_of(table, i)[0] = i;
    for (size_t j = 1; j <= length; j++)
        row_of(table, i)[j] = i ? distance_at(table, i, j) : j;
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t a_length = strnlen(a, SUGGEST_LENGTH), b_length = strnlen(b, SUGGEST_LENGTH);
    struct table table = {.a = a, .b = b};

    for (size_t i = 0; i <= a_length; i++)
        fill_row(&table, i, b_length);
    return row_of(&table, a_length)[b_length];
}

/* The distance takes long, and is at least the difference of the lengths. */
static bool is_near(const char *word, const char *name, size_t *distance)
{
    size_t length = strnlen(word, SUGGEST_LENGTH), other = strnlen(name, SUGGEST_LENGTH);
    size_t longer = length > other ? length : other;

    if (longer - least(length, other) > SUGGEST_MISTAKES)
        return false;
    *distance = suggest_distance(word, name);
    return *distance <= SUGGEST_MISTAKES && 2 * *distance < longer;
}

void suggest_offer(struct suggest *suggest, const char *name)
{
    size_t distance;

    if (!name || !is_near(suggest->word, name, &distance))
        return;
    if (!suggest->name || distance < suggest->distance) {
        suggest->name = name;
        suggest->distance = distance;
    }
}
