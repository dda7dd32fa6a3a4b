"""A short soak; `python -m bench.load.soak` is the long one."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def test_one_fault_in_twenty_costs_nothing_but_its_own_outcome() -> None:
    command = [sys.executable, "-m", "bench.load.soak", "1500"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
