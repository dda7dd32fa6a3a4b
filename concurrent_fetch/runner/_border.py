"""The border: where an error leaves us, its tracebacks show the user's code, and little of ours.

What is ours says nothing to who wrote a strategy, and neither do the depths of the library that
their code called: the message has the words of the exception.
"""

import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from concurrent_fetch.errors import ConcurrentFetchError

_OURS = str(Path(__file__).parents[1])
_PYTHON = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_INSTALLED = ("site-packages", "dist-packages")


class Border:
    """A context manager at the door of the package: hides frames of errors raised on purpose."""

    def __init__(self, *kinds: type[Exception]) -> None:
        self._kinds: tuple[type[Exception], ...] = (ConcurrentFetchError, *kinds)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or not isinstance(error, self._kinds):
            return
        error.__traceback__ = None  # the caller's frame follows, and only that
        if error.__cause__ is not None:
            _show_users_frames(error.__cause__)


def _show_users_frames(error: BaseException) -> None:
    """Leave only the user's code in the tracebacks of a chain of exceptions, if it has a part."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        users = [frame for frame in _frames_of(current.__traceback__) if _is_users(frame)]
        if not users:
            return  # nothing of it is the user's: then we are wrong, or a library
        current.__traceback__ = _joined(users)
        if isinstance(current, BaseExceptionGroup):
            _show_members(current)
        current = _next(current)


def _show_members(group: BaseExceptionGroup[BaseException]) -> None:
    for member in group.exceptions:
        if not any(map(_is_users, _frames_of(member.__traceback__))):
            member.__traceback__ = None
            _hide(member, member.__cause__ or member.__context__)
        _show_users_frames(member)


def _hide(error: BaseException, came_from: BaseException | None) -> None:
    """Let what an exception came from be no more than its `__context__`, which is not shown."""
    error.__cause__ = None
    error.__context__ = came_from
    error.__suppress_context__ = True


def _next(error: BaseException) -> BaseException | None:
    """Return what an exception came from, if the user's code had a part in it; else hide it.

    What is hidden remains its `__context__`.
    """
    context = None if error.__suppress_context__ else error.__context__
    found = error.__cause__ or context
    if found is not None and not any(map(_is_users, _frames_of(found.__traceback__))):
        _hide(error, found)
        return None
    return found


def _frames_of(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _is_users(frame: TracebackType) -> bool:
    name = frame.tb_frame.f_code.co_filename
    if name.startswith((_OURS, "<frozen")):
        return False
    return not name.startswith(_PYTHON) and not any(part in name for part in _INSTALLED)


def _joined(frames: list[TracebackType]) -> TracebackType | None:
    following = None
    for one in reversed(frames):
        following = TracebackType(following, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return following
