"""The GIL, where a build can do without it: which import turned it on again."""

import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_TURNED_ON = re.compile(r"GIL\) has been enabled to load module '([^']+)'")


def is_free() -> bool:
    """Whether threads run side by side here, now."""
    return not getattr(sys, "_is_gil_enabled", lambda: True)()


@contextmanager
def watching_imports(found: list[str]) -> Iterator[None]:
    """Write into `found` which modules turn the GIL on again, within; Python warns of each."""
    if not is_free():
        yield
        return
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", RuntimeWarning)
        yield
    for one in seen:
        if match := _TURNED_ON.search(str(one.message)):
            found.append(match[1])
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
