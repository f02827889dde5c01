"""shellcheck is silent about the shell scripts, clang-format about the C sources, and what is missing is
installed by whatever package manager is there."""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = [*sorted(ROOT.glob("scripts/*")), ROOT / ".ci/run"]
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


# ---- what is missing is installed: with managers that only write down what they are asked ----

MANAGERS = ["apt-get", "dnf", "pacman", "apk", "brew"]
TOOLS = ["sh", "cat", "dirname", "env"]
NEEDS = "command:nowhere=cmake header:no.h=libuv1-dev module:no_such=python3-pyte command:sh=socat"
COMMANDS = {
    "apt-get": ["apt-get update",
                "apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "
                "cmake libuv1-dev python3-pyte"],
    "dnf": ["dnf install --assumeyes --setopt=install_weak_deps=False cmake libuv-devel python3-pyte"],
    "pacman": ["pacman --sync --needed --noconfirm cmake libuv python-pyte"],
    "apk": ["apk add --update-cache cmake libuv-dev py3-pyte"],
    "brew": ["brew install cmake libuv"],
}


def program(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


class Machine:
    """A PATH with a few tools and these managers; `status` is what they answer."""

    def __init__(self, folder, managers, user=0, sudo=False, status=0):
        self.folder, self.asked = folder, folder / "asked"
        self.asked.write_text("")
        for tool in TOOLS:
            (folder / tool).symlink_to(shutil.which(tool))
        program(folder / "id", f"echo {user}\n")
        for manager in managers:
            program(folder / manager, f'read -r line && echo "stdin was read"\n'
                                      f'echo "{manager} $*" >>"{self.asked}"; exit {status}\n')
        if sudo:
            program(folder / "sudo", f'echo sudo >>"{self.asked}"; exec "$@"\n')

    def install(self, needs):
        """The status, what was asked of managers, and what was said."""
        run = subprocess.run(["/bin/sh", "-c", '. "${0%/*}/lib.sh"; install_missing "$1"; echo done',
                              ROOT / "scripts/run", needs], env={"PATH": str(self.folder)}, input="line of a user\n",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert run.stdout == ("done\n" if run.returncode == 0 else "")
        return run.returncode, self.asked.read_text().splitlines(), run.stderr


@pytest.fixture
def machine(tmp_path):
    return lambda *managers, **how: Machine(tmp_path, managers, **how)


@pytest.mark.parametrize("manager", MANAGERS)
def test_install(machine, manager):
    status, asked, said = machine(manager).install(NEEDS)
    assert (status, asked) == (0, COMMANDS[manager])
    assert said.splitlines()[-1] == "tcpchat: installing " + re.sub(".*(cmake)", r"\1", asked[-1])


@pytest.mark.parametrize("manager", MANAGERS)
def test_install_by_somebody_else(machine, manager):
    asked = machine(manager, user=1000, sudo=True).install(NEEDS)[1]
    assert asked == ([] if manager == "brew" else ["sudo"]) + COMMANDS[manager]


@pytest.mark.parametrize("manager", [manager for manager in MANAGERS if manager != "brew"])
def test_without_rights_the_command_is_said(machine, manager):
    status, asked, said = machine(manager, user=1000).install(NEEDS)
    assert (status, asked) == (1, [])
    assert "As root, run:\n" + "; ".join(COMMANDS[manager]) + "\n" in said


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_failure_is_told_with_the_command(machine, manager):
    status, asked, said = machine(manager, status=7).install(NEEDS)
    assert (status, asked) == (1, COMMANDS[manager])
    assert "run:\n" + "; ".join(COMMANDS[manager]) + "\n" in said.replace("Run:", "run:")
    assert ("pacman -Syu --needed cmake" in said) == (manager == "pacman")


def test_the_first_of_several_managers(machine):
    assert machine("brew", "dnf", "apk").install(NEEDS)[1] == COMMANDS["dnf"]
    assert "python3-pyte" not in COMMANDS["brew"][0]


def test_no_manager(machine):
    status, asked, said = machine().install(NEEDS)
    assert (status, asked) == (1, [])
    assert "what Debian calls cmake libuv1-dev python3-pyte, then run this again" in said


def test_nothing_is_missing(machine):
    assert machine("apt-get", "dnf").install("command:sh=dash file:/=base-files") == (0, [], "")


def test_what_a_manager_has_not_is_told(machine):
    status, asked, said = machine("brew").install("command:nc.openbsd=netcat-openbsd")
    assert (status, asked) == (0, [])
    assert said == "tcpchat: brew has nothing like Debian's netcat-openbsd; going on without\n"


def test_one_package_for_two_needs(machine):
    assert machine("pacman").install("command:a=libc6-dev command:b=locales command:c=ncat")[1] == [
        "pacman --sync --needed --noconfirm glibc nmap"]

def test_every_need_has_a_name_everywhere():
    text = (ROOT / "scripts/lib.sh").read_text()
    needs = re.findall(r"(?:command|header|file|module|charset):[^\s='\"]+=([\w.+-]+)", text)
    names = re.search(r"^names='\n(.*?)'$", text, re.S | re.M).group(1)
    rows = {row.split()[0]: row.split()[1:] for row in names.splitlines()}
    assert len(needs) > 20
    assert not set(needs) - set(rows)
    assert {len(row) for row in rows.values()} == {4}
