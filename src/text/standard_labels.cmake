# SPDX-License-Identifier: GPL-3.0-or-later
# Makes standard_labels.h from standard_labels.csv:
#     cmake -DCSV=standard_labels.csv -DHEADER=standard_labels.h -P standard_labels.cmake
file(STRINGS "${CSV}" rows REGEX "^[a-z0-9]")
foreach(row IN LISTS rows)
  if(NOT row MATCHES "^([a-z0-9_:.-]+),([A-Za-z0-9_-]+)$")
    message(FATAL_ERROR "${CSV}: no row of the table: ${row}")
  endif()
  set(label "${CMAKE_MATCH_1}")
  string(MAKE_C_IDENTIFIER "${CMAKE_MATCH_2}" encoding)
  string(TOUPPER "IS_${encoding}" encoding)
  string(APPEND cells "    {\"${label}\", ${encoding}},\n")
endforeach()
file(WRITE "${HEADER}" "/* Made from standard_labels.csv by standard_labels.cmake. */
static const struct {
    char label[20];
    unsigned char encoding;
} labels[] = {
${cells}};
")
