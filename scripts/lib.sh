# What the scripts here share: finding out what is missing, installing it, building.
# shellcheck shell=sh disable=SC2034

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
python=/usr/bin/python3

# A need is KIND:THING=PACKAGE: how to see that it is there, and where Debian keeps it.
build_needs='command:cc=gcc header:stdio.h=libc6-dev command:cmake=cmake command:make=make
    command:pkg-config=pkg-config header:uv.h=libuv1-dev header:utf8proc.h=libutf8proc-dev
    header:readline/readline.h=libreadline-dev header:term.h=libncurses-dev'
peer_needs='command:ncat=ncat command:nc.openbsd=netcat-openbsd command:socat=socat'
test_needs="$peer_needs header:cmocka.h=libcmocka-dev module:pytest=python3-pytest
    module:pexpect=python3-pexpect module:pyte=python3-pyte module:wcwidth=python3-wcwidth
    file:/usr/share/i18n/charmaps/GBK.gz=locales command:tmux=tmux command:mandoc=mandoc
    command:ss=iproute2 command:shellcheck=shellcheck command:clang-format=clang-format
    file:/usr/share/bash-completion/bash_completion=bash-completion"

say() {
    printf '%s\n' "$@" >&2
}

is_there() {
    case $1 in
    command:*) command -v "${1#*:}" ;;
    header:*) echo "#include <${1#*:}>" | cc -E - ;;
    file:*) [ -e "${1#*:}" ] ;;
    module:*) "$python" -c "import ${1#*:}" </dev/null ;;
    esac >/dev/null 2>&1
}

# Runs a command line with root's rights. Nothing here may read stdin: it is tcpchat's.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        DEBIAN_FRONTEND=noninteractive sh -c "$1"
    elif command -v sudo >/dev/null; then
        sudo env DEBIAN_FRONTEND=noninteractive sh -c "$1"
    else
        return 1
    fi </dev/null >&2 9>&-
}

# Installs the packages of those needs (a list of words) that are not met.
install_missing() {
    packages=
    for need in $1; do
        is_there "${need%=*}" || packages="$packages ${need#*=}"
    done
    [ "$packages" ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "tcpchat: please install what Debian calls$packages, then run this again"
        exit 1
    fi
    # A fresh machine has no package list, or a stale one; a failed update may still do.
    install="apt-get update; apt-get install --yes --no-install-recommends"
    install="$install -o DPkg::Lock::Timeout=300$packages"
    say "tcpchat: installing$packages"
    as_root "$install" || {
        say "tcpchat: these packages are missing. As root, run:" "$install"
        exit 1
    }
}

# Has anything that tcpchat is built from changed since build/PRESET was made?
is_current() {
    stamp=$root/build/$1.stamp
    [ -x "$root/build/$1/tcpchat" ] && [ -e "$stamp" ] && [ -z "$(find "$root/src" \
        "$root/CMakeLists.txt" "$root/CMakePresets.json" -newer "$stamp" -print)" ]
}

# Configures anew where the folder was moved.
compile() {
    tree=$root/build/$1
    cache=$tree/CMakeCache.txt
    if [ -e "$cache" ] && ! grep -Fqx "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        rm -rf "$tree"
    fi
    touch "$tree.begun"
    cd "$root" && cmake --preset "$1" &&
        cmake --build "$tree" --parallel "$(getconf _NPROCESSORS_ONLN)" &&
        mv "$tree.begun" "$tree.stamp"
}

# Brings build/PRESET up to date; what the tools have to say is shown when they fail.
build() {
    log=$root/build/$1.log
    say "tcpchat: building $1"
    compile "$1" >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        exit 1
    }
}

# prepare NEEDS PRESET...: installs and builds; two at a time would disturb each other.
prepare() (
    mkdir -p "$root/build"
    exec 9>"$root/build/.lock"
    if command -v flock >/dev/null; then flock 9; fi
    install_missing "$1"
    shift
    for preset; do build "$preset"; done
)
