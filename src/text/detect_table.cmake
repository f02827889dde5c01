# SPDX-License-Identifier: GPL-3.0-or-later
# Makes detect_table.h from detect_table.csv:
#     cmake -DCSV=detect_table.csv -DHEADER=detect_table.h -P detect_table.cmake
#
# The CSV says, for each two-byte sequence that is a hanzi of GB2312 in GBK and a letter in UTF-8
# (leads C2 to DF, trails A1 to BF), how much more likely GBK is, in tenths of nats.
file(STRINGS "${CSV}" rows ENCODING UTF-8 REGEX "^[0-9A-F][0-9A-F],")
list(LENGTH rows count)
if(NOT count EQUAL 930)
  message(FATAL_ERROR "${CSV} has ${count} rows, not 930")
endif()
set(cells "")
foreach(row IN LISTS rows)
  if(NOT row MATCHES "^([0-9A-F]+),([0-9A-F]+),.*,(-?[0-9]+)$")
    message(FATAL_ERROR "${CSV}: no row of the table: ${row}")
  endif()
  string(APPEND cells "    [0x${CMAKE_MATCH_1} - 0xC2][0x${CMAKE_MATCH_2} - 0xA1] = ${CMAKE_MATCH_3},\n")
endforeach()
file(WRITE "${HEADER}" "/* Made from detect_table.csv by detect_table.cmake. */
static const signed char detect_table[30][31] = {
${cells}};
")
