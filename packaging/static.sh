#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# one static file for any Linux of this machine's kind, with musl
#
# Sources come from their own places, or else from others; their SHA-256 stands here. The libraries,
# and a compiler that links static PIE, go to build/static-root, where the preset `static` finds them.
set -eu
. "$(dirname -- "$0")/../scripts/lib.sh"

needs="$build_needs header:seccomp.h=libseccomp-dev command:musl-gcc=musl-tools command:curl=curl
    command:tic=ncurses-bin"
sources=$root/build/static-sources
prefix=$root/build/static-root
recipe=$root/packaging/static.sh
jobs=$(getconf _NPROCESSORS_ONLN || echo 2)
gnu=https://ftp.gnu.org/gnu
debian=http://deb.debian.org/debian/pool/main
snapshot=https://snapshot.debian.org/archive/debian/20250520T000000Z/pool/main
# As CMakeLists.txt protects tcpchat; musl has nothing for _FORTIFY_SOURCE.
hardening='-fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero'
# These need no terminfo where tcpchat runs.
terminals=xterm,xterm-256color,screen,screen-256color,tmux,tmux-256color,linux,vt100

# ---- sources ----

has_sum() {
    echo "$1  $2" | sha256sum --check --status 2>/dev/null
}

# try NAME SHA256 URL...: unpacks the tarball, which all URLs have alike. Fails if none has it.
try() {
    folder=$sources/$1
    tarball=$sources/$2.tar.gz
    sum=$2
    shift 2
    for url; do
        has_sum "$sum" "$tarball" || curl --fail --silent --location --connect-timeout 20 \
            --output "$tarball" "$url" || continue
        has_sum "$sum" "$tarball" || continue
        rm -rf "$folder" && mkdir "$folder" && tar -xzf "$tarball" -C "$folder" --strip-components=1
        return
    done
    return 1
}

obtain() {
    try "$@" || {
        say "tcpchat: no place has $1 with the SHA-256 that $recipe names"
        exit 1
    }
}

# The package of npm has lib/ of libiconv 1.15, and a header that calls itself 1.14.
obtain_libiconv() {
    try libiconv ccf536620a45458d26ba83887a983b96827001e92a13847b45e4925cc8913178 \
        "$gnu/libiconv/libiconv-1.15.tar.gz" ||
        obtain libiconv 19d0c9109234dcf12796915a4a9c9496b8ecf3e0d08e4722f99b56e3d0a3dffb \
            https://registry.npmjs.org/iconv/-/iconv-3.0.1.tgz
}

# ---- the compiler ----

# place_of HEADER: prints where the compiler of this machine finds it.
place_of() {
    echo "#include <$1>" | $(compiler) -E - | sed -n "s|^# 1 \"\(.*/$1\)\".*|\1|p" | head -n 1
}

# musl has neither the kernel's headers nor this one.
link_headers() {
    mkdir -p "$prefix/include/sys"
    ln -sf "$(place_of sys/queue.h)" "$prefix/include/sys/queue.h"
    for header in linux/types.h asm/types.h asm-generic/types.h; do
        ln -sfn "$(dirname "$(place_of $header)")" "$prefix/include/$(dirname $header)"
    done
}

# The wrapper of musl as it is, but for static PIE, and with the headers of our libraries.
make_compiler() {
    specs=$(sed -n 's/.* -specs "\(.*\)".*/\1/p' "$(command -v musl-gcc)")
    mkdir -p "$prefix/bin"
    sed -e "s|-nostdinc|& -isystem $prefix/include|" -e 's|/Scrt1\.o|/rcrt1.o|' \
        -e 's|^-dynamic-linker [^ ]*|%{!shared:-static --no-dynamic-linker -z text}|' \
        "$specs" >"$prefix/static.specs"
    printf '#!/bin/sh\nexec %s "$@" -specs %s/static.specs\n' "$(compiler)" "$prefix" >"$prefix/bin/cc"
    chmod +x "$prefix/bin/cc"
    export CC="$prefix/bin/cc" CFLAGS="-O2 -fPIE -ffunction-sections -fdata-sections $hardening"
}

# ---- libraries ----

# run FOLDER COMMAND...: in the sources of a library, without its words.
run() {
    name=$1
    shift
    (cd "$sources/$name" && "$@" >>"$sources/log" 2>&1) || {
        say "tcpchat: $name is not built: $* failed; $sources/log has more"
        exit 1
    }
}

# build_with_cmake FOLDER OPTION...
build_with_cmake() {
    folder=$1
    shift
    run "$folder" cmake -B made "$@" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DCMAKE_BUILD_TYPE=None -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF
    run "$folder" cmake --build made --parallel "$jobs"
    run "$folder" cmake --install made
}

build_libuv() {
    obtain libuv d79b4b06ef04be85fb890bf39d55942cc64c2e15fd14eaa32dae5dce94485484 \
        "$debian/libu/libuv1/libuv1_1.44.2.orig.tar.gz" "$snapshot/libu/libuv1/libuv1_1.44.2.orig.tar.gz"
    build_with_cmake libuv
}

build_utf8proc() {
    obtain utf8proc a0a60a79fe6f6d54e7d411facbfcc867a6e198608f2cd992490e46f04b1bcecc \
        https://github.com/JuliaStrings/utf8proc/archive/v2.8.0.tar.gz \
        "$debian/u/utf8proc/utf8proc_2.8.0.orig.tar.gz" "$snapshot/u/utf8proc/utf8proc_2.8.0.orig.tar.gz"
    build_with_cmake utf8proc
}

build_pcre2() {
    obtain pcre2 c33b418e3b936ee3153de2c61cc638e7e4fe3156022a5c77d0711bcbb9d64f1f \
        https://github.com/PCRE2Project/pcre2/releases/download/pcre2-10.42/pcre2-10.42.tar.gz \
        "$debian/p/pcre2/pcre2_10.42.orig.tar.gz" "$snapshot/p/pcre2/pcre2_10.42.orig.tar.gz"
    build_with_cmake pcre2 -DPCRE2_BUILD_PCRE2GREP=OFF -DPCRE2_BUILD_TESTS=OFF
}

# Where terminfo is, it wins over the fallbacks.
build_ncurses() {
    obtain ncurses 6931283d9ac87c5073f30b6290c4c75f21632bb4fc3603ac8100812bed248159 \
        "$gnu/ncurses/ncurses-6.4.tar.gz" \
        "$debian/n/ncurses/ncurses_6.4.orig.tar.gz" "$snapshot/n/ncurses/ncurses_6.4.orig.tar.gz"
    run ncurses ./configure --prefix="$prefix" --enable-overwrite --with-termlib=tinfo --with-fallbacks="$terminals" \
        --with-terminfo-dirs=/etc/terminfo:/lib/terminfo:/usr/share/terminfo \
        --with-default-terminfo-dir=/usr/share/terminfo --without-shared --without-debug \
        --without-ada --without-cxx-binding --without-manpages --without-progs --without-tests
    run ncurses make -j "$jobs" -C include
    run ncurses make -j "$jobs" -C ncurses
    run ncurses make -C include install
    run ncurses make -C ncurses install
}

build_readline() {
    obtain readline 3feb7171f16a84ee82ca18a36d7b9be109a52c04f492a053331d7d1095007c35 \
        "$gnu/readline/readline-8.2.tar.gz" \
        "$debian/r/readline/readline_8.2.orig.tar.gz" "$snapshot/r/readline/readline_8.2.orig.tar.gz"
    run readline env bash_cv_termcap_lib=libtinfo ./configure --prefix="$prefix" --disable-shared \
        --disable-install-examples
    run readline make -j "$jobs" static
    run readline make install-static install-headers
}

# The one source file of the library. Its tables are made, in both packages. wchar_t is Unicode: gcc reads
# that in stdc-predef.h of musl, but not through the wrapper.
build_libiconv() {
    obtain_libiconv
    lib=$(dirname "$(find "$sources/libiconv" -path '*/lib/iconv.c')")
    header=$(find "$sources/libiconv" -path '*/include/iconv.h.in' -o -path '*/support/iconv.h')
    sed -e 's/@DLL_VARIABLE@//; s/@ICONV_CONST@//; s/@BROKEN_WCHAR_H@/0/; s/@[A-Z_]*@/1/' \
        -e 's/cd, const char/cd, char/; s/0x010E/0x010F/' "$header" >"$prefix/include/iconv.h"
    : >"$lib/config.h"
    : >"$lib/localcharset.h"
    # shellcheck disable=SC2086 # words
    run libiconv "$CC" $CFLAGS -w -DENABLE_EXTRA=1 -DICONV_CONST= -D__STDC_ISO_10646__=201206L \
        '-Dlocale_charset()=""' -I"$lib" -c "$lib/iconv.c" -o iconv.o
    run libiconv ar rcs "$prefix/lib/libiconv.a" iconv.o
}

# ---- tcpchat ----

# Anew if this script has changed.
build_libraries() (
    stamp=$prefix/stamp
    if [ -e "$stamp" ] && [ -z "$(find "$recipe" -newer "$stamp")" ]; then return; fi
    rm -rf "$prefix"
    mkdir -p "$sources" "$prefix/lib"
    link_headers
    make_compiler
    for library in libiconv libuv utf8proc pcre2 ncurses readline; do
        say "tcpchat: building $library"
        "build_$library"
    done
    touch "$stamp"
)

pack() {
    mkdir -p "$root/build/package"
    package=$root/build/package/tcpchat-static-$(uname -m)
    strip -o "$package" "$root/build/static/tcpchat"
    say "tcpchat: $package has $(wc -c <"$package") bytes"
}

case $root in
*[!A-Za-z0-9/._+-]*)
    say "tcpchat: configure of the libraries takes no folder with such a name; please move $root"
    exit 1
    ;;
esac
if [ "$(uname -s)" = Linux ]; then install_missing "$needs"; fi
build_libraries
prepare "$needs" static
pack
