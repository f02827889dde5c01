#include "text/safetext.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "text/utf8.h"

enum { FORM_MAX = 16 }; /* the longest form: <U+10FFFF> */

static bool is_visible(uint32_t scalar)
{
    switch (utf8proc_category((utf8proc_int32_t)scalar)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
    }
}

static void form_of_scalar(char form[FORM_MAX], uint32_t scalar, const char *bytes, size_t length)
{
    if (scalar < 0x20 || scalar == 0x7F)
        snprintf(form, FORM_MAX, "^%c", (int)(scalar ^ 0x40));
    else if (is_visible(scalar))
        snprintf(form, FORM_MAX, "%.*s", (int)length, bytes);
    else
        snprintf(form, FORM_MAX, "<U+%04X>", scalar);
}

void safetext_line(char *out, size_t size, const char *line)
{
    size_t left = strlen(line);

    while (left) {
        struct utf8_char next = utf8_next((const unsigned char *)line, left);
        char form[FORM_MAX];
        size_t length;

        if (next.status != UTF8_GOOD) {
            next.length = 1;
            snprintf(form, sizeof form, "\\x%02X", (unsigned char)*line);
        } else {
            form_of_scalar(form, next.scalar, line, next.length);
        }
        length = strlen(form);
        if (length >= size)
            break;
        memcpy(out, form, length);
        out += length;
        size -= length;
        line += next.length;
        left -= next.length;
    }
    *out = '\0';
}
