#include "text/name.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#include "text/safetext.h"
#include "text/utf8.h"

static bool begins_name(uint32_t scalar)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)scalar);

    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           category == UTF8PROC_CATEGORY_ND;
}

/* What is changed when it is made safe is more than visible characters. */
static bool is_safe(const char *name)
{
    char safe[4 * NAME_BYTES];

    safetext_line(safe, sizeof safe, name);
    return !strcmp(safe, name);
}

static bool is_blank(uint32_t scalar)
{
    return utf8proc_category((utf8proc_int32_t)scalar) == UTF8PROC_CATEGORY_ZS;
}

/* Joiners and variation selectors have their place in a text, but two names must not differ by
 * them. */
static bool is_unseen(uint32_t scalar)
{
    return utf8proc_get_property((utf8proc_int32_t)scalar)->ignorable ||
           utf8proc_category((utf8proc_int32_t)scalar) == UTF8PROC_CATEGORY_CF;
}

static bool has_any(const unsigned char *bytes, size_t n, bool (*is_one)(uint32_t scalar))
{
    while (n) {
        struct utf8_char next = utf8_next(bytes, n);

        if (is_one(next.scalar))
            return true;
        bytes += next.length;
        n -= next.length;
    }
    return false;
}

static unsigned columns_of(const unsigned char *bytes, size_t n)
{
    unsigned columns = 0;

    while (n) {
        struct utf8_char next = utf8_next(bytes, n);

        columns += safetext_width(next.scalar);
        bytes += next.length;
        n -= next.length;
    }
    return columns;
}

int name_check(const char *name, struct err *err)
{
    const unsigned char *bytes = (const unsigned char *)name;
    size_t n = strlen(name);

    if (!n)
        return err_set(err, ERR_USAGE, "a name has at least one letter");
    if (n > NAME_BYTES)
        return err_set(err, ERR_USAGE, "'%s' is too long: a name has at most %d columns", name,
                       NAME_COLUMNS);
    if (!is_safe(name) || has_any(bytes, n, is_unseen))
        return err_set(err, ERR_USAGE, "'%s' is no name: it has characters that are not seen",
                       name);
    if (has_any(bytes, n, is_blank))
        return err_set(err, ERR_USAGE, "'%s' is no name: it has blanks", name);
    if (!begins_name(utf8_next(bytes, n).scalar))
        return err_set(err, ERR_USAGE, "'%s' is no name: it begins with no letter or digit", name);
    if (columns_of(bytes, n) > NAME_COLUMNS)
        return err_set(err, ERR_USAGE, "'%s' is too long: a name has at most %d columns", name,
                       NAME_COLUMNS);
    return 0;
}
