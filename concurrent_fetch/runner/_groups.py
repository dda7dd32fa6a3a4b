"""Groups: a process started with a group of its own, to be ended with all that it starts."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from typing import Any

IN_OWN_GROUP: Mapping[str, Any] = (
    {"process_group": 0}
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)
"""For `subprocess.Popen`; Ctrl-C does not reach such a process."""


def end_group(process: "subprocess.Popen[Any]") -> None:
    """End the process now, with all that it started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
