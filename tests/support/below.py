"""Processes that a test starts: what is below this one, what lives, and programs of a few lines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import concurrent_fetch

ROOT = Path(concurrent_fetch.__file__).parents[1]
_OURS = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
ENVIRONMENT = {name: os.environ[name] for name in os.environ if name != "PYTHONUNBUFFERED"}
ENVIRONMENT["PYTHONPATH"] = _OURS
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="it looks into /proc")


def below(pid: int | None = None) -> list[int]:
    """Return the processes right below one, this one unless told."""
    found: list[int] = []
    for path in Path(f"/proc/{pid or os.getpid()}/task").glob("*/children"):
        try:
            found += [int(number) for number in path.read_text().split()]
        except OSError:
            continue
    return found


def children() -> list[int]:
    """Return the processes below this one, of every depth."""
    found: list[int] = []
    above = [os.getpid()]
    while above:
        more = below(above.pop())
        found += more
        above += more
    return found


def alive() -> set[int]:
    """Return all processes that run, and are no zombies."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state = path.read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.add(int(path.parent.name))
    return found


def descriptors_open() -> int:
    """Return how many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def run_script(*arguments: str, given: str = "", cwd: Path | None = None) -> str:
    """Run Python with these arguments; return all that it writes."""
    done = subprocess.run(
        [sys.executable, *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=ENVIRONMENT,
        cwd=cwd,
    )
    return done.stdout + done.stderr
