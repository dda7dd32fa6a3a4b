"""In processes: they are started as this Python was, and what they do counts as if done here."""

import resource
import sys
import sysconfig
import time
from functools import partial
from pathlib import Path

import pytest
import sent_away
from below import ROOT, run_script

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer
from concurrent_fetch.strategies import _starters

pytestmark = pytest.mark.once
fetch = partial(cf.fetch_processes, processes=2, client="plain")
GIL = [["-X", "gil=1"]] if sysconfig.get_config_var("Py_GIL_DISABLED") else []
FLAGS = [
    ["-O", "-X", "utf8", "-W", "error::UserWarning", "-B"],
    ["-OO", "-X", "dev", "-X", "int_max_str_digits=9999"],
    ["-I"],
    ["-E", "-s"],
    *GIL,
]
START = f"""
import os, sys
sys.path[:0] = {[str(ROOT), str(Path(sent_away.__file__).parent)]}
import concurrent_fetch as cf
from concurrent_fetch.strategies import _starters
import sent_away
"""


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_flags_and_arguments_are_those_of_this_python(local: LocalServer, flags: list[str]) -> None:
    script = f"""{START}
run = cf.fetch_processes(
    ["{local.url("/bytes/1")}"], cf.Options(sink=sent_away.python), client="plain"
)
print(sent_away.python())
print(run[0].sink)
"""
    here, there = run_script(*flags, "-c", script, "one", "--two", "\udc80", "x" * 99_999).split(
        "\n"
    )[:2]
    assert here == there


def test_what_is_no_folder_does_not_matter(local: LocalServer, tmp_path: Path) -> None:
    script = f"""{START}
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
sys.path[:0] = ["", "nowhere"]
print(len(cf.fetch_processes(["{local.url("/bytes/1")}"] * 5, processes=2, client="plain")))
"""
    assert run_script("-c", script, cwd=tmp_path) == "5\n"


@pytest.mark.long
@pytest.mark.parametrize("can_fork", [True, False])
def test_what_work_prints_appears(local: LocalServer, *, can_fork: bool) -> None:
    script = f"""{START}
_starters.CAN_FORK &= {can_fork}
for _ in range(5):
    options = cf.Options(work=sent_away.prints)
    cf.fetch_processes(["{local.url("/bytes/1")}"] * 40, options, processes=2, client="plain")
"""
    said = run_script("-c", script).splitlines()
    assert sorted(said) == sorted(5 * [f"worked on {index}" for index in range(40)])


def test_the_program_may_have_many_descriptors(local: LocalServer) -> None:
    """More than `select` can wait for."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < 1500:
        pytest.skip("the system allows fewer")
    script = f"""{START}
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (1500, {most}))
held = [open(os.devnull) for _ in range(1200)]
run = cf.fetch_processes(["{local.url("/bytes/1")}"] * 20, processes=2, client="plain")
print(len(run), len(run.failures))
"""
    assert run_script("-c", script) == "20 0\n"


@pytest.mark.parametrize("can_fork", [True, False])
def test_cpu_time_counts_once(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch, *, can_fork: bool
) -> None:
    monkeypatch.setattr(_starters, "CAN_FORK", can_fork and _starters.CAN_FORK)

    def used() -> float:
        below = resource.getrusage(resource.RUSAGE_CHILDREN)
        return below.ru_utime + below.ru_stime + time.process_time()

    before = used()
    run = fetch(local.urls(20), cf.Options(concurrency=4))
    truly = used() - before
    assert 0.3 * truly < run.cpu <= 1.02 * truly + 0.03


def test_a_flag_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_xoptions", {"utf8": True, "pycache_prefix": "there"})
    flags = _starters._flags()
    assert flags.count("utf8") == 1
    assert flags[flags.index("pycache_prefix=there") - 1] == "-X"
