"""What pandas is told when it takes a sequence of outcomes for an array."""

from typing import Any, TypeVar

_Kind = TypeVar("_Kind", bound=type)
_OF_ARRAYS = frozenset({"dtype", "ndim", "shape"})


def says_it_is_no_array(kind: _Kind) -> _Kind:
    """Let the error about what only arrays have say how the columns are handed over.

    `pandas.DataFrame` looks for nothing else in a sequence that would lead it to columns. Type
    checkers do not see this, so they still find a name that is misspelt.
    """
    setattr(kind, "__getattr__", _missing)  # noqa: B010 - written as a method they would see it
    return kind


def _missing(self: object, name: str) -> Any:
    kind = type(self)
    if hasattr(kind, name):  # it raised an AttributeError of its own, and shall again
        return getattr(kind, name).__get__(self, kind)
    way = "; its columns make a data frame: pandas.DataFrame(run.to_columns())"
    raise AttributeError(
        f"{kind.__name__!r} object has no attribute {name!r}{way if name in _OF_ARRAYS else ''}",
        name=name,
        obj=self,
    )
