"""Any revision of the package, laid into a folder, and `fetches` run with it; for others here."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def checkout_of(revision: str) -> Iterator[Path]:
    """Lay the package of a revision into a folder of its own; of "" give the one that is here."""
    if not revision:
        yield ROOT
        return
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["git", "archive", revision, "concurrent_fetch"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        yield Path(folder)


def run_fetches(checkout: Path, *arguments: object, under: Sequence[str] = ()) -> list[float]:
    """Run `fetches` by the package in `checkout`, under another program; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": f"{checkout}:{ROOT}", "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling is no part of fetching
    program = [sys.executable, "-P", "-m", "bench.cost.fetches", *map(str, arguments)]
    done = subprocess.run(
        [*under, *program], check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    return [float(line) for line in done.stdout.splitlines()]
