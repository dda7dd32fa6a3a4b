"""Files: written whole or not at all, so that an interrupted write costs nothing that was there."""

import contextlib
import os
import stat
from pathlib import Path
from uuid import uuid4


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write text as UTF-8; the file is the old one until the new one is complete.

    A link is followed. What is no file, as `/dev/stdout`, is written to directly.

    Raises:
        OSError: it cannot be written; then nothing has changed.
    """
    target = Path(os.path.realpath(path))
    data = text.encode("utf-8", "backslashreplace")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        target.write_bytes(data)
        return
    beside = target.with_name(f".{target.name[:100]}.{uuid4().hex}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
