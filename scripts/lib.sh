# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts of this folder: look for missing needs, install them, build.
# shellcheck shell=sh disable=SC2034

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
python=/usr/bin/python3

# Needs that installing did not meet. While this file is there, they are not installed again.
given_up=$root/build/given-up

# A need is KIND:THING=PACKAGE: how to see that it is there, and where Debian keeps it.
build_needs='compiler:C=gcc header:stdio.h=libc6-dev header:sys/queue.h=libc6-dev
    header:linux/sockios.h=linux-libc-dev command:cmake=cmake command:make=make
    command:pkg-config=pkg-config header:uv.h=libuv1-dev header:utf8proc.h=libutf8proc-dev
    header:readline/readline.h=libreadline-dev header:term.h=libncurses-dev
    command:msgfmt=gettext charset:GBK=libc-bin'
# Without these tcpchat is built all the same, and lacks --tls, or --rules and --script, or the
# filters of seccomp.
module_needs='header:openssl/ssl.h=libssl-dev header:pcre2posix.h=libpcre2-dev
    header:seccomp.h=libseccomp-dev'
peer_needs='command:ncat=ncat netcat:OpenBSD=netcat-openbsd command:socat=socat'
bench_needs="$peer_needs command:nc.traditional=netcat-traditional
    command:redis-server=redis-server"
fuzz_needs='command:clang=clang fuzzer:clang=libclang-rt-dev'
test_needs="$peer_needs command:telnet=telnet command:microsocks=microsocks
    command:tinyproxy=tinyproxy-bin command:openssl=openssl command:gnutls-cli=gnutls-bin
    header:cmocka.h=libcmocka-dev module:pytest=python3-pytest module:xdist=python3-pytest-xdist
    module:pexpect=python3-pexpect module:pyte=python3-pyte module:wcwidth=python3-wcwidth
    file:/usr/share/i18n/charmaps/GBK.gz=locales command:tmux=tmux command:mandoc=mandoc
    command:ss=iproute2 command:shellcheck=shellcheck command:clang-format=clang-format
    command:codespell=codespell command:jq=jq command:groff=groff-base
    file:/usr/share/bash-completion/bash_completion=bash-completion
    command:zsh=zsh command:fish=fish command:cppcheck=cppcheck"
coverage_needs='counters:clang=libclang-rt-dev command:clang=clang command:llvm-cov=llvm'
valgrind_needs='command:valgrind=valgrind'
analysis_needs='command:clang-tidy=clang-tidy command:cppcheck=cppcheck'

say() {
    printf '%s\n' "$@" >&2
}

# ---- needs that are met ----

# Prints the C compiler's command: $CC may be "ccache gcc", and brew's has its version in its name.
compiler() {
    for found in "${CC:-cc}" ${brew:+"$brew"/bin/gcc-[1-9]*}; do
        if command -v "${found%% *}" >/dev/null; then
            printf '%s\n' "$found"
            return
        fi
    done
    return 1
}

# shellcheck disable=SC2046 # words of one command
has_header() {
    echo "#include <$1>" | $(compiler) -E ${brew:+"-I$brew/include"} -
}

# Prints the name of OpenBSD's netcat; only Debian and Fedora have a name for it alone.
openbsd_netcat() {
    for found in nc.openbsd netcat nc; do
        if "$found" -h 2>&1 </dev/null | grep -q '^usage: nc \[-46'; then
            printf '%s\n' "$found"
            return
        fi
    done
    return 1
}

# A charset has to be written, too: musl's iconv reads GBK and does not write it.
is_there() {
    case $1 in
    compiler:*) compiler ;;
    command:*) command -v "${1#*:}" ;;
    header:*) has_header "${1#*:}" ;;
    file:*) [ -e "${1#*:}" ] ;;
    fuzzer:*) echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
        "${1#*:}" -fsanitize=fuzzer,address -x c -o /dev/null - ;;
    charset:*) has_header gnu-libiconv/iconv.h ||
        iconv -f UTF-8 -t "${1#*:}" </dev/null ;;
    module:*) "$python" -c "import ${1#*:}" </dev/null ;;
    netcat:*) openbsd_netcat ;;
    counters:*) echo 'int main(void) { return 0; }' |
        "${1#*:}" -fprofile-instr-generate -o /dev/null -x c - ;;
    esac >/dev/null 2>&1
}

# Prints the needs of a list that are not met.
unmet() {
    for need in $1; do
        is_there "${need%=*}" || printf '%s\n' "$need"
    done
}

is_given_up() {
    [ -e "$given_up" ] && grep -Fqx -e "$1" "$given_up"
}

# ---- package managers ----

# The other managers' names of a Debian package. A + joins packages that do its work together. A - says
# that the system itself brings it, or that the manager has no package that would help here: pacman's
# mandoc would take man-db's place, and brew's Python modules are for brew's programs.
#   Debian             dnf                    pacman           apk                brew
names='
    gcc                gcc                    gcc              gcc                gcc
    libc6-dev          glibc-devel            glibc            musl-dev+bsd-compat-headers -
    linux-libc-dev     kernel-headers         linux-api-headers linux-headers     -
    cmake              cmake                  cmake            cmake              cmake
    make               make                   make             make               make
    pkg-config         pkgconf-pkg-config     pkgconf          pkgconf            pkgconf
    libuv1-dev         libuv-devel            libuv            libuv-dev          libuv
    libutf8proc-dev    utf8proc-devel         libutf8proc      utf8proc-dev       utf8proc
    libreadline-dev    readline-devel         readline         readline-dev       readline
    libncurses-dev     ncurses-devel          ncurses          ncurses-dev        ncurses
    libssl-dev         openssl-devel          openssl          openssl-dev        openssl@3
    libpcre2-dev       pcre2-devel            pcre2            pcre2-dev          pcre2
    libseccomp-dev     libseccomp-devel       libseccomp       libseccomp-dev     libseccomp
    gettext            gettext                gettext          gettext            gettext
    musl-tools         musl-gcc               musl             -                  -
    curl               curl                   curl             curl               curl
    ncurses-bin        ncurses                ncurses          ncurses            ncurses
    libc-bin           glibc-gconv-extra      glibc            gnu-libiconv-dev   -
    ncat               nmap-ncat              nmap             nmap-ncat          nmap
    netcat-openbsd     netcat                 openbsd-netcat   netcat-openbsd     -
    netcat-traditional -                      -                -                  -
    socat              socat                  socat            socat              socat
    redis-server       redis                  redis            redis              redis
    telnet             telnet                 inetutils        busybox-extras     telnet
    microsocks         microsocks             -                microsocks         microsocks
    tinyproxy-bin      tinyproxy              tinyproxy        tinyproxy          tinyproxy
    openssl            openssl                openssl          openssl            openssl@3
    gnutls-bin         gnutls-utils           gnutls           gnutls-utils       gnutls
    jq                 jq                     jq               jq                 jq
    libcmocka-dev      libcmocka-devel        cmocka           cmocka-dev         cmocka
    python3-pytest     python3-pytest         python-pytest    py3-pytest         -
    python3-pytest-xdist python3-pytest-xdist python-pytest-xdist py3-pytest-xdist -
    python3-pexpect    python3-pexpect        python-pexpect   py3-pexpect        -
    python3-pyte       python3-pyte           python-pyte      py3-pyte           -
    python3-wcwidth    python3-wcwidth        python-wcwidth   py3-wcwidth        -
    locales            glibc-locale-source+glibc-common glibc  -                  -
    tmux               tmux                   tmux             tmux               tmux
    mandoc             mandoc                 -                mandoc             mandoc
    iproute2           iproute                iproute2         iproute2-ss        iproute2
    shellcheck         ShellCheck             shellcheck       shellcheck         shellcheck
    clang-format       clang-tools-extra      clang            clang-extra-tools  clang-format
    clang-tidy         clang-tools-extra      clang            clang-extra-tools  -
    cppcheck           cppcheck               cppcheck         cppcheck           cppcheck
    clang              clang                  clang            clang              llvm
    libclang-rt-dev    compiler-rt            compiler-rt      compiler-rt        -
    llvm               llvm                   llvm             llvm               -
    valgrind           valgrind               valgrind         valgrind           -
    codespell          codespell              codespell        py3-codespell      codespell
    groff-base         groff-base             groff            groff              groff
    bash-completion    bash-completion        bash-completion  bash-completion    -
    zsh                zsh                    zsh              zsh                zsh
    fish               fish                   fish             fish               fish
    debhelper          -                      -                -                  -
    dpkg-dev           -                      -                -                  -
    lintian            -                      -                -                  -
    blhc               -                      -                -                  -
    piuparts           -                      -                -                  -
    autopkgtest        -                      -                -                  -
    mmdebstrap         -                      -                -                  -'

# brew keeps everything in a folder that neither a compiler nor pkg-config looks into by itself.
look_into_brew() {
    brew=$(brew --prefix)
    export PKG_CONFIG_PATH="$brew/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    export CMAKE_PREFIX_PATH="$brew${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}"
}

# Sets $manager to the first known one that is there, or to nothing.
find_manager() {
    brew=''
    for manager in apt-get dnf pacman apk brew; do
        if command -v "$manager" >/dev/null; then
            [ "$manager" != brew ] || look_into_brew
            return
        fi
    done
    manager=''
}

# packages_of DEBIAN_PACKAGE: prints its names for $manager, or nothing if it has none.
packages_of() {
    case $manager in
    dnf) column=2 ;;
    pacman) column=3 ;;
    apk) column=4 ;;
    brew) column=5 ;;
    *)
        printf ' %s' "$1"
        return
        ;;
    esac
    printf '%s\n' "$names" | while read -r debian dnf pacman apk brew; do
        [ "$debian" = "$1" ] || continue
        set -- "$debian" "$dnf" "$pacman" "$apk" "$brew"
        shift $((column - 1))
        case $1 in
        -) ;;
        *+*) printf ' %s' "${1%%+*}" "${1#*+}" ;;
        *) printf ' %s' "$1" ;;
        esac
        break
    done
}

# Prints the command line that installs the packages behind it.
add_command() {
    case $manager in
    apt-get) echo "apt-get install --yes --no-install-recommends" ;;
    dnf) echo "dnf install --assumeyes --setopt=install_weak_deps=False" ;;
    pacman) echo "pacman --sync --needed --noconfirm" ;;
    apk) echo "apk add" ;;
    brew) echo "brew install" ;;
    esac
}

# Prints the command line that installs these packages. A fresh machine has no package list, or a
# stale one; a failed update may still do. pacman gets no new list: that would mean a new system.
install_command() {
    case $manager in
    apt-get) echo "apt-get update; $(add_command) -o DPkg::Lock::Timeout=300$1" ;;
    apk) echo "apk update; $(add_command)$1" ;;
    *) echo "$(add_command)$1" ;;
    esac
}

# Runs a command line with root's rights. Nothing here may read stdin, which is tcpchat's.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        DEBIAN_FRONTEND=noninteractive sh -c "$1"
    elif command -v sudo >/dev/null; then
        sudo env DEBIAN_FRONTEND=noninteractive sh -c "$1"
    elif command -v doas >/dev/null; then
        doas sh -c "$1"
    else
        return 1
    fi </dev/null >&2 9>&-
}

# Installs all packages at once, and after a failure one by one: a package that this release lacks,
# or that conflicts with another one, need not keep the others out. brew refuses to run as root.
run_install() {
    commands="$(install_command "$1") || {
        for package in$1; do $(add_command) \"\$package\"; done
        false
    }"
    case $manager in
    brew) sh -c "$commands" </dev/null >&2 9>&- ;;
    *) as_root "$commands" ;;
    esac
}

advise_install() {
    case $manager in
    '') say "tcpchat: please install what Debian calls$1, then run this again" ;;
    brew) say "tcpchat: these packages are missing. Run:" "$(install_command "$1")" ;;
    pacman) say "tcpchat: these packages are missing. As root, run:" "$(install_command "$1")" \
        "or, where pacman's lists are old: pacman -Syu --needed$1" ;;
    *) say "tcpchat: these packages are missing. As root, run:" "$(install_command "$1")" ;;
    esac
}

# ---- both together ----

# Adds the manager's names of a need's package to $packages, each once, or the package to $unknown.
want() {
    found=$(packages_of "${1#*=}")
    [ "$found" ] || unknown="$unknown ${1#*=}"
    for package in $found; do
        case "$packages " in
        *" $package "*) ;;
        *) packages="$packages $package" ;;
        esac
    done
}

# Sorts these needs: $packages to install, $unknown to the manager, $hopeless after an earlier try.
choose_packages() {
    packages=''
    unknown=''
    hopeless=''
    for need in $1; do
        if is_given_up "$need"; then hopeless="$hopeless ${need%=*}"; else want "$need"; fi
    done
}

say_what_will_lack() {
    [ ! "$unknown" ] ||
        say "tcpchat: $manager has nothing like Debian's$unknown; going on without"
    [ ! "$hopeless" ] ||
        say "tcpchat: installing did not bring$hopeless; going on without (rm '$given_up': try again)"
}

# Ends the script if a need of the build is not met, or, with CI set, any need.
fail_install() {
    choose_packages "$(unmet "$1")"
    [ ! "$packages" ] || advise_install "$packages"
    if [ "${CI-}" ] || [ "$(unmet "$build_needs")" ]; then exit 1; fi
}

give_up_on() {
    for need in $1; do
        [ ! "$(packages_of "${need#*=}")" ] || is_given_up "$need" ||
            printf '%s\n' "$need" >>"$given_up"
    done
}

# Installs the needs that are not met. A need that is still not met is given up.
install_missing() {
    find_manager
    choose_packages "$(unmet "$1")"
    say_what_will_lack
    [ "$packages" ] || return 0
    [ ! "$manager" ] || say "tcpchat: installing$packages"
    if [ ! "$manager" ] || ! run_install "$packages"; then fail_install "$1"; fi
    [ ! "$manager" ] || give_up_on "$(unmet "$1")"
}

# The tests and the benchmark call OpenBSD's netcat by Debian's name.
name_netcat() {
    if ! command -v nc.openbsd >/dev/null && found=$(openbsd_netcat); then
        mkdir -p "$root/build/bin"
        ln -sf "$(command -v "$found")" "$root/build/bin/nc.openbsd"
        PATH=$PATH:$root/build/bin
    fi
}

# ---- building ----

# True if no source of tcpchat has changed since build/PRESET was made.
is_current() {
    stamp=$root/build/$1.stamp
    [ -x "$root/build/$1/tcpchat" ] && [ -e "$stamp" ] && [ -z "$(find "$root/src" "$root/po" "$root/tools" \
        "$root/CMakeLists.txt" "$root/CMakePresets.json" -newer "$stamp" -print)" ]
}

# Configures anew if the folder was moved.
compile() {
    tree=$root/build/$1
    cache=$tree/CMakeCache.txt
    if [ -e "$cache" ] && ! grep -Fqx "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        rm -rf "$tree"
    fi
    touch "$tree.begun"
    cd "$root" && CC=$(compiler) cmake --preset "$1" &&
        cmake --build "$tree" --parallel "$(getconf _NPROCESSORS_ONLN || echo 2)" &&
        mv "$tree.begun" "$tree.stamp"
}

# Brings build/PRESET up to date, and shows the output of the tools if they fail.
build() {
    log=$root/build/$1.log
    say "tcpchat: building $1"
    compile "$1" >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        exit 1
    }
}

# prepare NEEDS PRESET...: installs and builds, under a lock, because two at a time would disturb each other.
prepare() (
    if [ "$(uname -s)" != Linux ]; then
        say "tcpchat: tcpchat runs on Linux: it needs epoll, splice and /proc"
        exit 1
    fi
    mkdir -p "$root/build"
    exec 9>"$root/build/.lock"
    if command -v flock >/dev/null; then flock 9; fi
    install_missing "$1"
    shift
    for preset; do build "$preset"; done
)

# ---- tests ----

# The tests take the program of this folder, and the modules and libraries to preload beside it. Each
# worker would compile all tests anew where Python is told to keep nothing beside the sources.
let_tests_find() {
    export TCPCHAT="$1/tcpchat"
    export TCPCHAT_RELEASE="$root/build/release/tcpchat"
    export TCPCHAT_SHARED="$root/build/shared/tcpchat"
    export TCPCHAT_SHIM="$1/libtcpchat-shim.so"
    export TCPCHAT_RESOLVER_SHIM="$1/libtcpchat-resolver.so"
    unset PYTHONDONTWRITEBYTECODE
    export PYTHONPYCACHEPREFIX="$root/build/pycache"
}

# run_tests COUNT ARGUMENT...: most tests wait for a timeout or a peer, so that a core serves this many.
run_tests() {
    workers=$(($1 * $(getconf _NPROCESSORS_ONLN || echo 2)))
    shift
    if "$python" -c 'import xdist' 2>/dev/null; then set -- --numprocesses "$workers" "$@"; fi
    (cd "$root" && exec "$python" -m pytest "$@")
}
