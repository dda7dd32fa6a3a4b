"""Files: written whole or not at all, so that an interrupted write costs nothing that was there."""

import contextlib
import errno
import os
import stat
from pathlib import Path


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write text as UTF-8; the file is the old one until the new one is complete.

    It keeps the permissions of the old one, and nobody else can read it before it is complete. A
    link is followed. What is no file, as `/dev/stdout`, is written to directly.

    Raises:
        OSError: it cannot be written; then nothing has changed.
    """
    data = text.encode("utf-8", "backslashreplace")
    if _is_special(path):
        Path(path).write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    check_folder(target)
    beside = target.with_name(f".{os.urandom(16).hex()}.part")
    mode = _mode(target) if target.exists() else _mode_of_new(beside)
    try:
        with open(beside, "xb", opener=_for_us_alone) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def check_folder(path: str | os.PathLike[str]) -> None:
    """Refuse a path whose folder is not there.

    Raises:
        FileNotFoundError: it is not.
    """
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no folder", str(folder))


def read_plain(path: str | os.PathLike[str]) -> bytes | None:
    """Return what is in a plain file; None for what may never end, as a pipe or a device.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        return file.read() if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None


def objection_to(path: str | os.PathLike[str]) -> str | None:
    """Return why no file can be written there, as far as can be told before; None if it can."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        return f"there is no folder {str(Path(path).parent)!r}"
    if Path(path).is_dir():
        return f"{os.fspath(path)!r} is a folder"
    return None if os.access(folder, os.W_OK) else f"the folder {str(folder)!r} is not writable"


def without_surrogates(text: str) -> str:
    r"""Return the text with each lone surrogate as the six characters `\udc80`: fit for UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _mode_of_new(path: Path) -> int:
    """Return the permissions that a new file gets: to ask for the umask would be to change it."""
    path.touch(exist_ok=False)
    try:
        return _mode(path)
    finally:
        path.unlink()


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _is_special(path: str | os.PathLike[str]) -> bool:
    """Whether it is there and no plain file; asked before links are followed: a pipe's is odd."""
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False
