# SPDX-License-Identifier: GPL-3.0-or-later
# Makes standard_cells.h from standard_cells.csv:
#     cmake -DCSV=standard_cells.csv -DHEADER=standard_cells.h -P standard_cells.cmake
#
# A cell without bytes, or without a character, has 1 or 0 in its place: see standard.h.
file(STRINGS "${CSV}" rows REGEX "^(decoded|encoded|run),")
foreach(row IN LISTS rows)
  if(row MATCHES "^[a-z]+,([^,]+),")
    string(MAKE_C_IDENTIFIER "${CMAKE_MATCH_1}" encoding)
    string(TOUPPER "IS_${encoding}" encoding)
  endif()
  if(row MATCHES "^decoded,([^,]+),([0-9A-F]+),([0-9A-F]*)( [0-9A-F]+)?$")
    string(APPEND decoded "    {${encoding}, 0x${CMAKE_MATCH_2}, 0x0${CMAKE_MATCH_3}, ")
    string(STRIP "0x0${CMAKE_MATCH_4}" second)
    string(REPLACE " " "" second "${second}")
    string(APPEND decoded "${second}},\n")
  elseif(row MATCHES "^encoded,([^,]+),([0-9A-F]+),([0-9A-F]+)$")
    string(APPEND encoded "    {${encoding}, 0x${CMAKE_MATCH_2}, 0x${CMAKE_MATCH_3}, 0},\n")
  elseif(row MATCHES "^encoded,([^,]+),,([0-9A-F]+)$")
    string(APPEND encoded "    {${encoding}, 1, 0x${CMAKE_MATCH_2}, 0},\n")
  elseif(row MATCHES "^run,,([0-9]+),([0-9A-F]+)$")
    string(APPEND runs "    {${CMAKE_MATCH_1}, 0x${CMAKE_MATCH_2}},\n")
  else()
    message(FATAL_ERROR "${CSV}: no row of the table: ${row}")
  endif()
endforeach()
file(WRITE "${HEADER}" "/* Made from standard_cells.csv by standard_cells.cmake. */
static const struct standard_cell decoded[] = {
${decoded}};
static const struct standard_cell encoded[] = {
${encoded}};
static const struct standard_run runs[] = {
${runs}};
")
