"""The faults of the server, by name and by group; read when one is asked for: that costs 8 ms."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from concurrent_fetch.server._arguments import UnusableError
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault
from concurrent_fetch.words import did_you_mean

_T = TypeVar("_T")


class _Catalogue(Mapping[str, _T]):
    """One of the tables, as soon as somebody looks into it."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def _table(self) -> Mapping[str, Any]:
        from concurrent_fetch.server._faults import _tables  # noqa: PLC0415 - as said above

        table: Mapping[str, Any] = getattr(_tables, self._name)
        return table

    def __getitem__(self, name: str) -> _T:
        found: _T = self._table[name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        return repr(self._table)


GROUPS: Mapping[str, tuple[Fault, ...]] = _Catalogue("GROUPS")
"""The faults by what they are about."""

FAULTS: Mapping[str, Fault] = _Catalogue("FAULTS")
"""Every fault by its name."""

__all__ = ["FAULTS", "GROUPS", "Answered", "Expected", "Fault", "find_fault"]


def find_fault(name: str) -> Fault:
    """Return the fault of that name; raises UnusableError, a ValueError, if there is none."""
    fault = FAULTS.get(name)
    if fault is None:
        raise UnusableError(
            f"no fault is called {name!r}{did_you_mean(name, FAULTS)}; /fault lists them."
        )
    return fault
