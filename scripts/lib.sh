# What the scripts here share: finding out what is missing, installing it, building.
# shellcheck shell=sh disable=SC2034

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
python=/usr/bin/python3

# A need is KIND:THING=PACKAGE: how to see that it is there, and where Debian keeps it.
build_needs='command:cc=gcc header:stdio.h=libc6-dev command:cmake=cmake command:make=make
    command:pkg-config=pkg-config header:uv.h=libuv1-dev header:utf8proc.h=libutf8proc-dev
    header:readline/readline.h=libreadline-dev header:term.h=libncurses-dev
    charset:GBK=libc-bin'
peer_needs='command:ncat=ncat command:nc.openbsd=netcat-openbsd command:socat=socat'
test_needs="$peer_needs header:cmocka.h=libcmocka-dev module:pytest=python3-pytest
    module:pexpect=python3-pexpect module:pyte=python3-pyte module:wcwidth=python3-wcwidth
    file:/usr/share/i18n/charmaps/GBK.gz=locales command:tmux=tmux command:mandoc=mandoc
    command:ss=iproute2 command:shellcheck=shellcheck command:clang-format=clang-format
    file:/usr/share/bash-completion/bash_completion=bash-completion
    command:zsh=zsh command:fish=fish"

say() {
    printf '%s\n' "$@" >&2
}

is_there() {
    case $1 in
    command:*) command -v "${1#*:}" ;;
    header:*) echo "#include <${1#*:}>" | cc -E - ;;
    file:*) [ -e "${1#*:}" ] ;;
    charset:*) iconv -f "${1#*:}" -t UTF-8 </dev/null ;;
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

# What the others call a package of Debian's. A + stands where several packages do its work, a -
# where the system itself brings it or has nothing of the kind.
#   Debian             dnf                    pacman           apk                brew
names='
    gcc                gcc                    gcc              gcc                gcc
    libc6-dev          glibc-devel            glibc            musl-dev           -
    cmake              cmake                  cmake            cmake              cmake
    make               make                   make             make               make
    pkg-config         pkgconf-pkg-config     pkgconf          pkgconf            pkgconf
    libuv1-dev         libuv-devel            libuv            libuv-dev          libuv
    libutf8proc-dev    utf8proc-devel         libutf8proc      utf8proc-dev       utf8proc
    libreadline-dev    readline-devel         readline         readline-dev       readline
    libncurses-dev     ncurses-devel          ncurses          ncurses-dev        ncurses
    libc-bin           glibc-gconv-extra      glibc            gnu-libiconv       libiconv
    ncat               nmap-ncat              nmap             nmap-ncat          nmap
    netcat-openbsd     netcat                 openbsd-netcat   netcat-openbsd     -
    socat              socat                  socat            socat              socat
    libcmocka-dev      libcmocka-devel        cmocka           cmocka-dev         cmocka
    python3-pytest     python3-pytest         python-pytest    py3-pytest         pytest
    python3-pexpect    python3-pexpect        python-pexpect   py3-pexpect        -
    python3-pyte       python3-pyte           python-pyte      py3-pyte           -
    python3-wcwidth    python3-wcwidth        python-wcwidth   py3-wcwidth        -
    locales            glibc-locale-source+glibc-common glibc  -                  -
    tmux               tmux                   tmux             tmux               tmux
    mandoc             mandoc                 mandoc           mandoc             mandoc
    iproute2           iproute                iproute2         iproute2-ss        -
    shellcheck         ShellCheck             shellcheck       shellcheck         shellcheck
    clang-format       clang-tools-extra      clang            clang-extra-tools  clang-format
    bash-completion    bash-completion        bash-completion  bash-completion    bash-completion@2
    zsh                zsh                    zsh              zsh                zsh
    fish               fish                   fish             fish               fish'

# The first of those that are known and there.
find_manager() {
    for manager in apt-get dnf pacman apk brew; do
        if command -v "$manager" >/dev/null; then return; fi
    done
    manager=
}

# packages_of DEBIAN_PACKAGE: its names for the manager that was found; nothing where it has none.
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

# The command line that installs packages. A fresh machine has no package list, or a stale one; a
# failed update may still do. pacman gets no new list, because that would mean a new system.
install_command() {
    case $manager in
    apt-get) echo "apt-get update; apt-get install --yes --no-install-recommends" \
        "-o DPkg::Lock::Timeout=300$1" ;;
    dnf) echo "dnf install --assumeyes --setopt=install_weak_deps=False$1" ;;
    pacman) echo "pacman --sync --needed --noconfirm$1" ;;
    apk) echo "apk add --update-cache$1" ;;
    brew) echo "brew install$1" ;;
    esac
}

# brew wants to be anybody but root.
run_install() {
    case $manager in
    brew) sh -c "$1" </dev/null >&2 9>&- ;;
    *) as_root "$1" ;;
    esac
}

advise_install() {
    case $manager in
    brew) say "tcpchat: these packages are missing. Run:" "$1" ;;
    pacman) say "tcpchat: these packages are missing. As root, run:" "$1" \
        "or, where pacman's lists are old: pacman -Syu --needed$2" ;;
    *) say "tcpchat: these packages are missing. As root, run:" "$1" ;;
    esac
}

# Adds the manager's names of a package to $packages, each once; $unknown has none.
want() {
    found=$(packages_of "$1")
    [ "$found" ] || unknown="$unknown $1"
    for package in $found; do
        case "$packages " in
        *" $package "*) ;;
        *) packages="$packages $package" ;;
        esac
    done
}

# Installs the packages of those needs (a list of words) that are not met.
install_missing() {
    find_manager
    packages=''
    unknown=''
    for need in $1; do
        is_there "${need%=*}" || want "${need#*=}"
    done
    if [ "$packages" ] && [ ! "$manager" ]; then
        say "tcpchat: please install what Debian calls$packages, then run this again"
        exit 1
    fi
    if [ "$unknown" ]; then
        say "tcpchat: $manager has nothing like Debian's$unknown; going on without"
    fi
    [ "$packages" ] || return 0
    install=$(install_command "$packages")
    say "tcpchat: installing$packages"
    run_install "$install" || {
        advise_install "$install" "$packages"
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
