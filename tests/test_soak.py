"""A short soak; `python bench/soak.py` is the long one."""

import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[1] / "bench" / "soak.py"


def test_one_fault_in_twenty_costs_nothing_but_its_own_outcome() -> None:
    command = [sys.executable, str(SOAK), "1500"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
