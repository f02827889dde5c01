# SPDX-License-Identifier: GPL-3.0-or-later
# cpack runs it before it makes a package: zsh of Debian looks into another folder below /usr.
set(zsh ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/zsh)
if(CPACK_GENERATOR STREQUAL "DEB" AND EXISTS ${zsh}/site-functions)
  file(RENAME ${zsh}/site-functions ${zsh}/vendor-completions)
endif()
