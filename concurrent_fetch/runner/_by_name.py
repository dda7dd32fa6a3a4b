"""By name: what crosses to another interpreter. Functions do by the names they are imported by."""

import io
import pickle
import sys
from types import FunctionType
from typing import Any

from concurrent_fetch.words import told

_PROTOCOL = 5


def by_name(value: object) -> bytes:
    """Return a value pickled: of functions and classes the names by which they are imported.

    Raises:
        TypeError: something in it has no such name; the message says what to write.
    """
    stream = io.BytesIO()
    pickler = _Pickler(stream, _PROTOCOL)
    try:
        pickler.dump(value)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        usual = f"{told(str(error))}: another interpreter cannot get that; it takes what pickles"
        raise TypeError(pickler.objection or usual) from None
    return stream.getvalue()


class _Pickler(pickle.Pickler):
    """Refuses what another interpreter could not import, and says so before that tries."""

    objection: str | None = None
    """What was refused, and what to write."""

    def reducer_override(self, obj: Any) -> Any:
        """Look at functions and classes; all else goes the usual way."""
        if isinstance(obj, (FunctionType, type)):
            self.objection = _objection_to(obj)
            if self.objection:
                raise pickle.PicklingError
        return NotImplemented


def _objection_to(function: FunctionType | type) -> str | None:
    module, name = function.__module__, function.__qualname__
    shown = told(name)
    if "<lambda>" in name:
        return (
            "a lambda has no name by which another interpreter can import it; write a function "
            "with def into a module, as mine.py, and import it from there"
        )
    if "<locals>" in name:
        return (
            f"{shown} is defined inside a function, where another interpreter cannot import it; "
            f"write it at the top of a module, as mine.py, and: from mine import "
            f"{told(function.__name__)}"
        )
    if module == "__main__":
        return (
            f"{shown} is defined in the script or notebook that runs, which another interpreter "
            f"cannot import; write it into a module beside it, as mine.py, and: from mine import "
            f"{shown}"
        )
    if module not in sys.modules:
        return f"{shown} is of {module!r}, which is no module that can be imported"
    return None
