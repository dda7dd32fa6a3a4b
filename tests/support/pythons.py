"""Another Python that runs strategies in tests, and scripts that stand for one."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import concurrent_fetch as cf
from concurrent_fetch.runner import find_interpreter
from concurrent_fetch.strategies import AnyStrategy

OTHER = os.environ.get("ELSEWHERE", sys.executable)
"""The interpreter that runs strategies: this one, unless the environment names another."""
TAG = find_interpreter(OTHER).tags[0]
PYTHON = f'{shlex.quote(OTHER)} "$@"'
"""The same in a script."""


def away(strategy: AnyStrategy) -> Callable[..., cf.Run]:
    return cf.elsewhere(strategy, OTHER)


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "python9"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)
