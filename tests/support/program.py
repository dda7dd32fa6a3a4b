"""The command line as a program of its own, also in a terminal."""

import os
import pathlib
import subprocess
import sys
import termios

import concurrent_fetch

PROGRAM = [sys.executable, "-W", "error", "-m", "concurrent_fetch"]
ROOT = pathlib.Path(concurrent_fetch.__file__).parents[1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "COLUMNS"}


class InTerminal:
    """The program in a terminal: what it has written so far, and its end."""

    def __init__(self, columns: int, *arguments: str) -> None:
        self._terminal, end = os.openpty()
        termios.tcsetwinsize(end, (24, columns))
        self.process = subprocess.Popen(
            [*PROGRAM, *arguments], stdin=end, stdout=end, stderr=end, cwd=ROOT, env=ENVIRONMENT
        )
        os.close(end)
        self.written = ""

    def read(self, until: str | None = None, times: int = 1) -> str:
        """Read to the end, or until this is there so many times."""
        try:
            while until is None or self.written.count(until) < times:
                if not (data := os.read(self._terminal, 4096)):
                    break
                self.written += data.decode()
        except OSError:  # how Linux says that the other end is closed
            pass
        return self.written

    def end(self) -> list[str]:
        """Wait for the end; return the lines that it left."""
        self.read()
        os.close(self._terminal)
        self.process.wait(10)
        lines = self.written.rstrip("\r\n").split("\r\n")
        return [line.rpartition("\r")[2] for line in lines]  # before it stands a bar that is gone
