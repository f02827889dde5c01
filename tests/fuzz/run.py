#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs fuzz targets, one on each core, and says how many executions there were. scripts/fuzz builds them before.

New inputs go to build/found/TARGET, the log and an input that found a fault beside them."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build"
FOUND = BUILD / "found"
TARGETS = sorted(source.stem.removeprefix("fuzz_") for source in HERE.glob("fuzz_*.c"))
LONGEST = 512  # bytes of an input: longer ones take time and reach nothing else
PATIENCE = 100  # seconds for one input, by the clock: a busy machine has few of them for a target
# Freed memory waits here for a mistaken access before it is used again: as much as a run of an input takes. All that
# AddressSanitizer keeps by itself would be new pages of memory in every run.
FREED = "quarantine_size_mb=4"
UNNAMED = re.compile("[0-9a-f]{40}")  # libFuzzer's name of an input


def libfuzzer(target, options, *folders, log):
    """The exit status of a target, and the seconds of the processor that it took."""
    with log.open("wb") as file:
        process = subprocess.Popen([BUILD / "fuzz/tests/fuzz" / f"fuzz_{target}", f"-max_len={LONGEST}",
                                    f"-timeout={PATIENCE}", f"-artifact_prefix={FOUND / target}-", *options, *folders],
                                   env=os.environ | {"ASAN_OPTIONS": f"{FREED}:{os.environ.get('ASAN_OPTIONS', '')}"},
                                   stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def figure(log, name):
    """One of libFuzzer's last figures; 0 where it has none."""
    found = re.search(rf"^stat::{name}: *(\d+)$", log.read_text(errors="replace"), re.M)
    return int(found[1]) if found else 0


def fuzz(target, seconds):
    """Whether a target found nothing."""
    log = FOUND / f"{target}.log"
    (FOUND / target).mkdir(exist_ok=True)
    status, taken = libfuzzer(target, [f"-max_total_time={seconds}", "-print_final_stats=1",
                                       f"-dict={HERE / target}.dict"], FOUND / target, HERE / "corpus" / target, log=log)
    count = figure(log, "number_of_executed_units")
    print(f"{target}: {count} executions in {taken:.0f} s of the processor, {count / taken:.0f} in one, "
          f"{figure(log, 'new_units_added')} new inputs, " + (f"a fault: {log}" if status else "no fault"), flush=True)
    return not status


def merge(target):
    """Whether the corpus was made anew: of the inputs without a name of their own, and of those found, a few stay that
    reach all of the code that they reach together."""
    corpus, log = HERE / "corpus" / target, FOUND / f"{target}.log"
    with tempfile.TemporaryDirectory(dir=FOUND) as folder:
        named, new = pathlib.Path(folder, "named"), pathlib.Path(folder, "new")
        shutil.copytree(corpus, named, ignore=lambda _, names: [*filter(UNNAMED.fullmatch, names)])
        shutil.copytree(named, new)
        (FOUND / target).mkdir(exist_ok=True)
        before = len(list(corpus.iterdir()))
        if libfuzzer(target, ["-set_cover_merge=1", "-use_counters=0"], new, corpus, FOUND / target, log=log)[0]:
            print(f"{target}: a fault: {log}")
            return False
        for file in corpus.iterdir():
            file.unlink()
        shutil.copytree(new, corpus, dirs_exist_ok=True)
    print(f"{target}: {len(list(corpus.iterdir()))} inputs, {before} before", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="of each target")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at once")
    parser.add_argument("--merge", action="store_true", help="instead, inputs of build/found that reach new code join "
                        "the corpora, and inputs without names of their own leave where others reach the same")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target: {', '.join(sorted(unknown))}")
    FOUND.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = [pool.submit(merge, target) if options.merge else pool.submit(fuzz, target, int(60 * options.minutes))
                for target in options.targets or TARGETS]
    return 0 if all(done.result() for done in work) else 1


if __name__ == "__main__":
    sys.exit(main())
