#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An RPM by packaging/rpm/tcpchat.spec, built from HEAD and looked at by rpmlint
#
# On Debian, too: there the spec's needs are not looked at, and Fedora's macros come from a file. Words
# go to rpmbuild: `--without check` leaves the unit tests out.
set -eu
. "$(dirname -- "$0")/../scripts/lib.sh"

spec=$root/packaging/rpm/tcpchat.spec
top=$root/build/package/rpm
command -v rpmbuild >/dev/null || {
    say 'tcpchat: rpmbuild is missing; the package is rpm-build, and rpm on Debian'
    exit 1
}
version=$(sed -n 's/^Version: *//p' "$spec")
rm -rf "$top"
mkdir -p "$top/SOURCES"
git -C "$root" archive --format=tar.gz --prefix="tcpchat-$version/" \
    --output="$top/SOURCES/tcpchat-$version.tar.gz" HEAD
set -- --define "_topdir $top" "$@"
[ "$(rpm --eval '%{?cmake}')" ] || set -- "$@" --nodeps --load="$root/packaging/rpm/fedora.macros"
rpmbuild -ba "$@" "$spec" >"$top/log" 2>&1 || {
    tail -n 40 "$top/log" >&2
    exit 1
}
! command -v rpmlint >/dev/null || rpmlint "$spec" "$top"/RPMS/*/tcpchat-[0-9]*.rpm || true
cp "$top"/RPMS/*/tcpchat-[0-9]*.rpm "$root/build/package"
ls -l "$root"/build/package/tcpchat-[0-9]*.rpm
