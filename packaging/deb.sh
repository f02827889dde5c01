#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Debian's package, built twice, looked at by lintian and blhc, tested and purged in a bare system
#
# It takes Debian and root's rights. build/package has the package, build/package/deb source and logs.
set -eu
. "$(dirname -- "$0")/../scripts/lib.sh"

tools='command:dpkg-buildpackage=dpkg-dev command:dh=debhelper command:lintian=lintian
    command:blhc=blhc command:mmdebstrap=mmdebstrap command:autopkgtest=autopkgtest
    file:/usr/sbin/piuparts=piuparts'
deb=$root/build/package/deb
bare=$deb/bare.tar.gz

# logged NAME COMMAND...: the output goes to a log, which is shown if the command fails.
logged() {
    log=$deb/$1.log
    say "tcpchat: $1, see ${log#"$root/"}"
    shift
    trap 'cat "$log" >&2' EXIT
    ("$@") >"$log" 2>&1 </dev/null
    trap - EXIT
}

install_tools() {
    prepare "$tools"
    if [ "$(unmet "$tools")" ] || ! as_root true; then
        say "tcpchat: a package for Debian takes Debian and root's rights"
        exit 1
    fi
    dpkg-checkbuilddeps "$root/packaging/debian/control" 2>/dev/null ||
        as_root "apt-get build-dep --yes --no-install-recommends '$root/packaging'"
}

changelog() {
    dpkg-parsechangelog --file "$root/packaging/debian/changelog" --show-field "$1"
}

# Prints the names of the source's files: those that git has, or all of an unpacked archive.
list_source() {
    cd "$root"
    if [ -e .git ]; then
        git ls-files -z
    else
        find . -path ./build -prune -o -type f -print0
    fi
}

# Debian calls it the original.
pack_source() {
    list_source | tar --create --gzip --file "$deb/$original" --directory "$root" \
        --null --files-from=- --sort=name --mtime="@$(changelog Timestamp)" --mode=u=rwX,go=rX \
        --owner=0 --group=0 --numeric-owner --transform="s,^\(\./\)\?,$tree/,"
}

build_in() {
    mkdir -p "$1"
    cp "$deb/$original" "$1"
    tar --extract --file "$deb/$original" --directory "$1"
    cp -R "$root/packaging/debian" "$1/$tree/"
    cd "$1/$tree"
    dpkg-buildpackage --unsigned-source --unsigned-changes
}

# Another folder, time zone, umask and number of jobs: the packages have to be the same.
build_again() {
    umask 077
    export TZ=Asia/Shanghai DEB_BUILD_OPTIONS='nocheck parallel=1'
    build_in "$deb/again/in/another/folder"
    for package in ../*.deb; do
        cmp "$package" "$deb/once/${package#../}"
    done
}

look_at_it() {
    lintian --allow-root --fail-on error,warning --display-info "$deb/once/$version"_*.changes
    blhc --all "$deb/build.log"
}

make_bare_system() {
    as_root "mmdebstrap --variant=minbase --dpkgopt=force-unsafe-io '$codename' '$bare'"
}

# The mounts end with autopkgtest.
test_it() {
    as_root "mkdir '$deb/bare' &&
        tar --extract --file '$bare' --directory '$deb/bare' &&
        unshare --mount autopkgtest --timeout-test=300 \
            --setup-commands='mount -t proc proc /proc && mount -t devpts devpts /dev/pts && apt-get update' \
            '$deb/once/$version'_*.deb '$deb/once/$version.dsc' -- chroot '$deb/bare'"
}

# piuparts compares the files of the system before the package is installed and after it is purged.
purge_it() {
    as_root "/usr/sbin/piuparts --basetgz='$bare' --distribution='$codename' --no-eatmydata \
        '$deb/once/$version'_*.deb"
}

install_tools
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
version=tcpchat_$(changelog Version)
original=${version%-*}.orig.tar.gz
tree=tcpchat-${version#tcpchat_}
tree=${tree%-*}
[ ! -d "$deb" ] || as_root "rm -rf --one-file-system '$deb'"
mkdir -p "$deb"
pack_source
logged build build_in "$deb/once"
logged build-again build_again
logged look look_at_it
logged bare make_bare_system
logged test test_it
logged purge purge_it
cp "$deb/once/$version"_*.deb "$root/build/package"
ls -l "$root/build/package/$version"_*.deb
