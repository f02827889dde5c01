/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/script.h"

#include <stddef.h>
#include <utf8proc.h>

enum {
    LATIN = SCRIPT_LATIN,
    EAST_ASIAN = SCRIPT_EAST_ASIAN,
    GREEK = SCRIPT_OTHERS,
    CYRILLIC,
    ARMENIAN,
    HEBREW,
    ARABIC,
    SYRIAC,
    NKO,
    TIBETAN,
    MYANMAR,
    GEORGIAN,
    ETHIOPIC,
    CHEROKEE,
    CANADIAN,
    MONGOLIAN,
    YI,
    REST,
};

struct range {
    uint32_t first, last;
    unsigned script;
};

static const struct range ranges[] = {
    {0x0041, 0x024F, LATIN},        {0x0370, 0x03FF, GREEK},      {0x0400, 0x052F, CYRILLIC},
    {0x0530, 0x058F, ARMENIAN},     {0x0590, 0x05FF, HEBREW},     {0x0600, 0x06FF, ARABIC},
    {0x0700, 0x074F, SYRIAC},       {0x0750, 0x077F, ARABIC},     {0x07C0, 0x07FF, NKO},
    {0x0870, 0x08FF, ARABIC},       {0x0F00, 0x0FFF, TIBETAN},    {0x1000, 0x109F, MYANMAR},
    {0x10A0, 0x10FF, GEORGIAN},     {0x1100, 0x11FF, EAST_ASIAN}, {0x1200, 0x139F, ETHIOPIC},
    {0x13A0, 0x13FF, CHEROKEE},     {0x1400, 0x167F, CANADIAN},   {0x1800, 0x18AF, MONGOLIAN},
    {0x18B0, 0x18FF, CANADIAN},     {0x1C80, 0x1C8F, CYRILLIC},   {0x1C90, 0x1CBF, GEORGIAN},
    {0x1E00, 0x1EFF, LATIN},        {0x1F00, 0x1FFF, GREEK},      {0x2D00, 0x2D2F, GEORGIAN},
    {0x2D80, 0x2DDF, ETHIOPIC},     {0x2DE0, 0x2DFF, CYRILLIC},   {0x2E80, 0x31FF, EAST_ASIAN},
    {0x3400, 0x4DBF, EAST_ASIAN},   {0x4E00, 0x9FFF, EAST_ASIAN}, {0xA000, 0xA4CF, YI},
    {0xA640, 0xA69F, CYRILLIC},     {0xA960, 0xA97F, EAST_ASIAN}, {0xA9E0, 0xA9FF, MYANMAR},
    {0xAA60, 0xAA7F, MYANMAR},      {0xAB00, 0xAB2F, ETHIOPIC},   {0xAB70, 0xABBF, CHEROKEE},
    {0xAC00, 0xD7FF, EAST_ASIAN},   {0xF900, 0xFAFF, EAST_ASIAN}, {0xFB13, 0xFB17, ARMENIAN},
    {0xFB1D, 0xFB4F, HEBREW},       {0xFB50, 0xFDFF, ARABIC},     {0xFE70, 0xFEFE, ARABIC},
    {0xFF21, 0xFF5A, LATIN},        {0xFF66, 0xFFDC, EAST_ASIAN}, {0x1AFF0, 0x1B16F, EAST_ASIAN},
    {0x20000, 0x3FFFF, EAST_ASIAN},
};

static const struct range common_marks[] = {
    {0x0300, 0x036F, SCRIPT_COMMON}, {0x1AB0, 0x1AFF, SCRIPT_COMMON},
    {0x1DC0, 0x1DFF, SCRIPT_COMMON}, {0x20D0, 0x20FF, SCRIPT_COMMON},
    {0xFE20, 0xFE2F, SCRIPT_COMMON},
};

static const struct range *find(const struct range *table, size_t n, uint32_t scalar)
{
    for (size_t i = 0; i < n; i++)
        if (scalar >= table[i].first && scalar <= table[i].last)
            return &table[i];
    return NULL;
}

bool script_is_common_mark(uint32_t scalar)
{
    return find(common_marks, sizeof common_marks / sizeof *common_marks, scalar) != NULL;
}

static bool is_common_digit(uint32_t scalar)
{
    return (scalar >= '0' && scalar <= '9') || (scalar >= 0xFF10 && scalar <= 0xFF19);
}

/* Letters, their marks and digits have a script; signs have not. */
static bool has_script(uint32_t scalar)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)scalar);

    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ND &&
           !is_common_digit(scalar) && !script_is_common_mark(scalar);
}

/* Blocks of other scripts begin at multiples of 128, and few are longer. */
unsigned script_of(uint32_t scalar)
{
    const struct range *range;

    if (!has_script(scalar))
        return SCRIPT_COMMON;
    range = find(ranges, sizeof ranges / sizeof *ranges, scalar);
    return range ? range->script : REST + scalar / 128;
}
