"""Words: what a child process writes to stderr, kept in a file that has no name."""

import contextlib
import os
import tempfile
from pathlib import Path


class Words:
    """A file for a child to write into; `new` reads what has come since it was last asked."""

    def __init__(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix="concurrent_fetch-")
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "ab", buffering=0)
        self._reading = self._path.open("rb", buffering=0)
        self._remove()

    def fileno(self) -> int:
        """Return what the child is to write to."""
        return self._file.fileno()

    def new(self) -> str:
        """Return what has come since."""
        return "" if self._reading.closed else self._reading.read().decode("utf-8", "replace")

    def close(self) -> None:
        """Forget them."""
        self._file.close()
        self._reading.close()
        self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(OSError):  # gone already; or a system that removes no open files
            self._path.unlink()
