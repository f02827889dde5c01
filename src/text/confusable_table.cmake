# SPDX-License-Identifier: GPL-3.0-or-later
# Makes confusable_table.h from confusable_table.csv:
#     cmake -DCSV=confusable_table.csv -DHEADER=confusable_table.h -P confusable_table.cmake
#
# The CSV says what characters of names look like, in the order of their code points.
file(STRINGS "${CSV}" rows ENCODING UTF-8 REGEX "^[0-9A-F][0-9A-F][0-9A-F][0-9A-F]")
set(cells "")
set(previous 0)
foreach(row IN LISTS rows)
  if(NOT row MATCHES "^([0-9A-F]+),[^,]+,([^,\"\\]+),(uts39|near)$")
    message(FATAL_ERROR "${CSV}: no row of the table: ${row}")
  endif()
  set(text "${CMAKE_MATCH_2}")
  math(EXPR scalar "0x${CMAKE_MATCH_1}")
  if(NOT scalar GREATER previous)
    message(FATAL_ERROR "${CSV}: not in order: ${row}")
  endif()
  set(previous ${scalar})
  string(APPEND cells "    {${scalar}, \"${text}\"},\n")
endforeach()
file(WRITE "${HEADER}" "/* Made from confusable_table.csv by confusable_table.cmake. */
static const struct {
    uint32_t scalar;
    char text[12];
} confusable_table[] = {
${cells}};
")
