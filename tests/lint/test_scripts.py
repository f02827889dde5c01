# SPDX-License-Identifier: GPL-3.0-or-later
"""shellcheck is silent about the shell scripts, clang-format about the C sources, codespell about all text; and
scripts/lib.sh installs missing packages with the package manager of the machine."""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = [script for pattern in ("scripts/*", "packaging/*.sh", "packaging/debian/tests/*", ".ci/run")
           for script in sorted(ROOT.glob(pattern))
           if script.suffix == ".sh" or script.read_text().startswith("#!/bin/sh\n")]
SOURCES = sorted(file for part in ("src", "tests", "bench") for file in (ROOT / part).rglob("*.[ch]"))


def silent(*command):
    run = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck(script):
    silent("shellcheck", "--external-sources", "--source-path=SCRIPTDIR", script)


def test_shellcheck_of_the_completion():
    silent("shellcheck", "--shell=bash", ROOT / "completions/tcpchat.bash")


def test_clang_format():
    silent("clang-format", "--dry-run", "-Werror", *SOURCES)


def test_codespell():
    silent("codespell")


# ---- what is missing is installed: with managers that only write down what they are asked ----

MANAGERS = ["apt-get", "dnf", "pacman", "apk", "brew"]
TOOLS = ["sh", "cat", "dirname", "env", "grep"]
NEEDS = "command:nowhere=cmake header:no.h=libuv1-dev module:no_such=python3-pyte command:sh=socat"
FIRST = {"apt-get": ["apt-get update"], "apk": ["apk update"]}
ADD = {
    "apt-get": "apt-get install --yes --no-install-recommends",
    "dnf": "dnf install --assumeyes --setopt=install_weak_deps=False",
    "pacman": "pacman --sync --needed --noconfirm",
    "apk": "apk add",
    "brew": "brew install",
}
NAMES = {
    "apt-get": "cmake libuv1-dev python3-pyte",
    "dnf": "cmake libuv-devel python3-pyte",
    "pacman": "cmake libuv python-pyte",
    "apk": "cmake libuv-dev py3-pyte",
    "brew": "cmake libuv",
}


def at_once(manager, names=None):
    """The first commands of a manager for its names of NEEDS, or for others."""
    lock = " -o DPkg::Lock::Timeout=300" if manager == "apt-get" else ""
    return [*FIRST.get(manager, []), f"{ADD[manager]}{lock} {names or NAMES[manager]}"]


def one_by_one(manager):
    return [f"{ADD[manager]} {name}" for name in NAMES[manager].split()]


def program(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


class Machine:
    """A checkout in a folder with blanks, and a PATH with a few tools and these managers; `status` is what they answer.
    They refuse all where one of these names is among it; of others, PACKAGE:COMMAND, a command is then on PATH."""

    def __init__(self, folder, managers, user=0, rights=(), status=0, refuses="nothing", installs=""):
        self.bin, self.root, self.asked = folder / "bin", folder / "a  check out", folder / "asked"
        self.bin.mkdir()
        (self.root / "build").mkdir(parents=True)
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        self.asked.write_text("")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.program("id", f"echo {user}\n")
        for manager in managers:
            self.program(manager, f'[ "$1" != --prefix ] || {{ echo "{folder}/brewed"; exit; }}\n'
                                  f'read -r line && echo "stdin was read"\n'
                                  f'echo "{manager} $*" >>"{self.asked}"\n'
                                  f'case " $* " in *" {refuses} "*) exit 1 ;; esac\n'
                                  f'for name in {installs}; do case " $* " in *" ${{name%:*}} "*)\n'
                                  f'  echo : >"{self.bin}/${{name#*:}}"; /bin/chmod +x "{self.bin}/${{name#*:}}";;\n'
                                  f'esac; done\n'
                                  f'exit {status}\n')
        for name in rights:
            self.program(name, f'echo {name} >>"{self.asked}"; exec "$@"\n')

    def program(self, name, text):
        program(self.bin / name, text)

    def shell(self, script, *arguments, **environment):
        return subprocess.run(["/bin/sh", "-euc", '. "${0%/*}/lib.sh"; ' + script, self.root / "scripts/run", *arguments],
                              env={"PATH": str(self.bin), **environment}, input="line of a user\n",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def install(self, needs, **environment):
        """The status, what was asked of managers, and what was said."""
        self.asked.write_text("")
        run = self.shell('install_missing "$1"; echo done', needs, **environment)
        assert run.stdout == ("done\n" if run.returncode == 0 else "")
        return run.returncode, self.asked.read_text().splitlines(), run.stderr

    def has_what_the_build_needs(self):
        """All that scripts/lib.sh looks at: a compiler that finds every header, and the commands."""
        for name in ("cc", "cmake", "make", "msgfmt", "pkg-config", "iconv"):
            self.program(name, "cat >/dev/null\n" if name == "cc" else "")


@pytest.fixture
def machine(tmp_path):
    return lambda *managers, **how: Machine(tmp_path, managers, **how)


@pytest.mark.parametrize("manager", MANAGERS)
def test_install(machine, manager):
    status, asked, said = machine(manager).install(NEEDS)
    assert (status, asked) == (0, at_once(manager))
    assert said.splitlines()[-1] == "tcpchat: installing " + NAMES[manager]


@pytest.mark.parametrize("manager, rights", [*((manager, "sudo") for manager in MANAGERS), ("apk", "doas")])
def test_install_by_somebody_else(machine, manager, rights):
    asked = machine(manager, user=1000, rights=[rights]).install(NEEDS)[1]
    assert asked == ([] if manager == "brew" else [rights]) + at_once(manager)


@pytest.mark.parametrize("manager", [manager for manager in MANAGERS if manager != "brew"])
def test_without_rights_the_command_is_said(machine, manager):
    status, asked, said = machine(manager, user=1000).install(NEEDS)
    assert (status, asked) == (1, [])
    assert "As root, run:\n" + "; ".join(at_once(manager)) + "\n" in said


@pytest.mark.parametrize("manager", MANAGERS)
def test_failure_is_told_with_the_command(machine, manager):
    status, asked, said = machine(manager, status=7).install(NEEDS)
    assert (status, asked) == (1, at_once(manager) + one_by_one(manager))
    assert "run:\n" + "; ".join(at_once(manager)) + "\n" in said.replace("Run:", "run:")
    assert ("pacman -Syu --needed cmake" in said) == (manager == "pacman")


def test_one_that_is_refused_keeps_no_other_out(machine):
    """An older Alpine lacks pyte: the rest is installed, the tests go on, and pyte is not asked for again."""
    needs = "command:tmux=tmux module:no_such=python3-pyte command:fish=fish"
    alpine = machine("apk", refuses="py3-pyte", installs="tmux:tmux fish:fish")
    alpine.has_what_the_build_needs()
    status, asked, said = alpine.install(needs)
    assert (status, asked) == (0, [*at_once("apk", "tmux py3-pyte fish"),
                                   "apk add tmux", "apk add py3-pyte", "apk add fish"])
    assert said.endswith("run:\napk update; apk add py3-pyte\n")
    assert alpine.install(needs) == (0, [], "tcpchat: installing did not bring module:no_such; going on without "
                                            f"(rm '{alpine.root}/build/given-up': try again)\n")


def test_where_ci_is_set_nothing_may_be_missing(machine):
    here = machine("apt-get", status=1)
    here.has_what_the_build_needs()
    assert here.install("command:fish=fish", CI="true")[0] == 1
    assert here.install("command:fish=fish")[0] == 0


@pytest.mark.parametrize("manager", MANAGERS)
def test_what_installing_does_not_bring_is_not_installed_again(machine, manager):
    here = machine(manager, installs="cmake:nowhere")
    assert here.install(NEEDS)[1] == at_once(manager)
    status, asked, said = here.install(NEEDS)
    assert (status, asked) == (0, [])
    assert "did not bring header:no.h" in said and "command:nowhere" not in said
    (here.root / "build/given-up").unlink()
    assert here.install(NEEDS)[1] == at_once(manager, NAMES[manager].removeprefix("cmake "))


def test_what_the_build_needs_is_asked_for_after_a_failure(machine):
    here = machine("dnf", status=1)
    for _ in range(2):
        status, asked, _ = here.install("command:cmake=cmake")
        assert (status, asked[0]) == (1, f"{ADD['dnf']} cmake")


def test_first_of_several_managers_installs(machine):
    assert machine("brew", "dnf", "apk").install(NEEDS)[1] == at_once("dnf")


def test_no_manager(machine):
    here = machine()
    status, asked, said = here.install(NEEDS)
    assert (status, asked) == (1, [])
    assert said == "tcpchat: please install what Debian calls cmake libuv1-dev python3-pyte, then run this again\n"
    here.has_what_the_build_needs()
    for _ in range(2):
        assert here.install("command:fish=fish") == (
            0, [], "tcpchat: please install what Debian calls fish, then run this again\n")


def test_nothing_is_missing(machine):
    assert machine("apt-get", "dnf").install("command:sh=dash file:/=base-files") == (0, [], "")


def test_what_a_manager_has_not_is_told(machine):
    there = machine("brew")
    for _ in range(2):
        assert there.install("netcat:OpenBSD=netcat-openbsd") == (
            0, [], "tcpchat: brew has nothing like Debian's netcat-openbsd; going on without\n")


def test_one_package_for_two_needs(machine):
    assert machine("pacman").install("command:a=libc6-dev command:b=locales command:c=ncat")[1] == at_once(
        "pacman", "glibc nmap")


def test_several_packages_for_one_need(machine):
    assert machine("apk").install("header:sys/queue.h=libc6-dev")[1] == at_once("apk", "musl-dev bsd-compat-headers")


# ---- how a system shows what it has ----

OPENBSD = 'echo "usage: nc [-46CDdFhklNnrStUuvZz] [-I length]" >&2'
OTHERS = ['echo "Ncat 7.93 ( https://nmap.org/ncat )"', 'echo "Usage: nc [OPTIONS] HOST PORT" >&2', "cat"]


@pytest.mark.parametrize("names", [["nc.openbsd"], ["netcat"], ["nc"]], ids=" ".join)
def test_openbsds_netcat_under_any_name(machine, names):
    """Debian's name is nc.openbsd, Fedora's netcat, others' nc; the tests call it by Debian's."""
    here = machine("dnf")
    here.program(names[0], OPENBSD)
    (here.bin / "ln").symlink_to(shutil.which("ln"))
    (here.bin / "mkdir").symlink_to(shutil.which("mkdir"))
    assert here.install("netcat:OpenBSD=netcat-openbsd") == (0, [], "")
    run = here.shell("name_netcat; nc.openbsd -h")
    assert (run.returncode, run.stderr) == (0, "usage: nc [-46CDdFhklNnrStUuvZz] [-I length]\n")


@pytest.mark.parametrize("other", OTHERS)
def test_another_netcat_is_not_openbsds(machine, other):
    here = machine("dnf")
    here.program("nc", other)
    assert here.install("netcat:OpenBSD=netcat-openbsd")[1] == at_once("dnf", "netcat")
    assert here.shell("name_netcat; ! command -v nc.openbsd").returncode == 0


def test_iconv_that_does_not_write_gbk_is_not_enough(machine):
    """musl's; GNU libiconv's header beside it is what the build looks for."""
    here = machine("apk")
    here.program("iconv", '[ "$4" != GBK ]\n')
    here.program("cc", 'read -r line; [ "$line" != "#include <gnu-libiconv/iconv.h>" ]\n')
    assert here.install("charset:GBK=libc-bin")[1] == at_once("apk", "gnu-libiconv-dev")
    (here.root / "build/given-up").unlink()
    here.program("cc", 'read -r line; [ "$line" = "#include <gnu-libiconv/iconv.h>" ]\n')
    assert here.install("charset:GBK=libc-bin") == (0, [], "")


def test_compiler_may_be_of_several_words(machine):
    here = machine("dnf")
    here.program("ccache", '[ "$1 $2" = "gcc -E" ]\n')
    needs = "compiler:C=gcc header:stdio.h=libc6-dev"
    assert here.install(needs, CC="ccache gcc") == (0, [], "")
    assert here.install(needs)[1] == at_once("dnf", "gcc glibc-devel")


def test_brews_compiler_and_headers(machine, tmp_path):
    """The compiler has its version in its name, and looks for headers where brew has them."""
    here = machine("brew")
    brewed = tmp_path / "brewed"
    (brewed / "bin").mkdir(parents=True)
    for name in ("gcc-15", "gcc-ar-15"):
        program(brewed / "bin" / name, f'[ "$*" = "-E -I{brewed}/include -" ]\n')
    assert here.install("compiler:C=gcc header:uv.h=libuv1-dev") == (0, [], "")
    run = here.shell('find_manager; compiler; echo "$PKG_CONFIG_PATH $CMAKE_PREFIX_PATH"', PKG_CONFIG_PATH="/mine")
    assert run.stdout == f"{brewed}/bin/gcc-15\n{brewed}/lib/pkgconfig:/mine {brewed}\n"


def test_other_systems_are_refused(machine):
    here = machine("brew")
    here.program("uname", "echo Darwin\n")
    run = here.shell('prepare "$build_needs" release')
    assert (run.returncode, run.stdout, here.asked.read_text()) == (1, "", "")
    assert run.stderr == "tcpchat: tcpchat runs on Linux: it needs epoll, splice and /proc\n"


@pytest.fixture
def static_recipe(machine, tmp_path):
    """static_recipe(FOLDER) runs packaging/static.sh in a checkout of that name, with tools that build nothing, and
    `curl`, which brings another file."""
    here = machine()
    for name in ("make", "cmake", "pkg-config", "msgfmt", "iconv", "tic"):
        here.program(name, f'echo "{name} was run" >&2\n')
    here.program("musl-gcc", 'exec gcc "$@" -specs "/dev/null"\n')
    here.program("cc", "exec sed 's|#include <\\(.*\\)>|# 1 \"/nowhere/\\1\"|'\n")
    here.program("curl", 'while [ "$1" != --output ]; do shift; done\necho "another file" >"$2"\n')
    for tool in ("sed", "mkdir", "ln", "rm", "chmod", "find", "head", "sha256sum", "getconf", "uname", "tar"):
        (here.bin / tool).symlink_to(shutil.which(tool))

    def run(folder):
        root = tmp_path / folder
        for part in ("scripts", "packaging"):
            shutil.copytree(ROOT / part, root / part)
        done = subprocess.run([root / "packaging/static.sh"], env={"PATH": str(here.bin)}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stderr, root / "build/static-sources"

    return run


def test_package_static_takes_no_source_with_another_checksum(static_recipe):
    status, stderr, sources = static_recipe("checkout")
    assert status == 1
    assert re.search(r"no place has libiconv with the SHA-256", stderr)
    assert "was run" not in stderr
    assert not (sources / "libiconv").exists()


def test_package_static_refuses_a_folder_that_configure_cannot_use(static_recipe):
    status, stderr, sources = static_recipe("check out")
    assert (status, sources.exists()) == (1, False)
    assert "please move" in stderr


def test_every_need_has_a_name_everywhere():
    text = (ROOT / "scripts/lib.sh").read_text()
    recipes = "".join(recipe.read_text() for recipe in ROOT.glob("packaging/*.sh"))
    needs = re.findall(r"(?:command|compiler|header|file|module|charset|netcat|counters):[^\s='\"]+=([\w.+-]+)", text + recipes)
    names = re.search(r"^names='\n(.*?)'$", text, re.S | re.M).group(1)
    rows = {row.split()[0]: row.split()[1:] for row in names.splitlines()}
    assert len(needs) > 20
    assert not set(needs) - set(rows)
    assert {len(row) for row in rows.values()} == {4}
