"""Header fields, kept as one block of checked bytes and taken apart when somebody asks.

A run may keep millions of heads of which few are ever read. In a checked block no name holds a
colon and no value a line end, so a plain search for a name between the two finds that field only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from concurrent_fetch.http._names import is_secret

_NAME = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUE = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


class Headers(Mapping[str, str]):
    """Header fields, immutable: names in any case, repeated fields kept and joined by a comma.

    No order between different names is promised, so two are equal when the same names have the
    same values in the same order.
    """

    __slots__ = ("_block",)

    def __init__(self, block: bytes = b"") -> None:
        # Trusted to be checked lines; whoever has anything else takes a constructor below.
        self._block = block

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, str]) -> "Headers":
        """Check what a user wants sent; blanks around a value are dropped.

        Raises `TypeError` for anything but `str`, `ValueError` for names and values that cannot be
        sent and for names that differ in case only. No message shows a value.
        """
        if isinstance(mapping, Headers):
            return mapping
        _check_names(mapping)
        return cls.from_fields(mapping.items())

    @classmethod
    def from_fields(cls, fields: Iterable[tuple[str, str]]) -> "Headers":
        """Check fields in their order, repeated ones too; raises as `from_mapping` does."""
        lines = [f"{_name(name)}: {_value(name, value)}\r\n" for name, value in fields]
        return cls("".join(lines).encode("latin-1"))

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Name and value of every field in wire order; blanks around a value are no part of it."""
        lines = self._block.decode("latin-1").split("\r\n")[:-1]
        parts = [line.partition(": ") for line in lines]
        return tuple([(name, value.strip(" \t")) for name, _, value in parts])

    @property
    def is_ascii(self) -> bool:
        """Whether all names and values are ASCII."""
        return self._block.isascii()

    def get_all(self, name: str) -> tuple[str, ...]:
        """Return the values of one name in their order: `()` when there is none."""
        if _NAME.fullmatch(name) is None:
            return ()
        block = b"\r\n" + self._block
        lowered = block.lower()
        label = b"\r\n" + name.lower().encode("ascii") + b": "
        values: list[str] = []
        found = lowered.find(label)
        while found >= 0:
            start = found + len(label)
            end = block.index(b"\r\n", start)
            values.append(block[start:end].decode("latin-1").strip(" \t"))
            found = lowered.find(label, end)
        return tuple(values)

    def redacted(self) -> tuple[tuple[str, str], ...]:
        """Return the fields with `***` for secret values, fit to be shown or saved."""
        return tuple([(n, "***" if is_secret(n) else value) for n, value in self.fields])

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __iter__(self) -> Iterator[str]:
        names: dict[str, str] = {}
        for name, _ in self.fields:
            names.setdefault(name.lower(), name)
        return iter(names.values())

    def __len__(self) -> int:
        return len(self._by_name())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return self._block == other._block or self._by_name() == other._by_name()
        if not isinstance(other, Mapping):
            return NotImplemented
        theirs = {name.lower(): v for name, v in other.items() if isinstance(name, str)}
        ours = {name: ", ".join(values) for name, values in self._by_name().items()}
        return len(theirs) == len(other) and theirs == ours

    def __hash__(self) -> int:
        return hash(frozenset(self._by_name().items()))

    def __repr__(self) -> str:
        shown = {name: "***" if is_secret(name) else self[name] for name in self}
        return f"Headers({shown!r})"

    def _by_name(self) -> dict[str, tuple[str, ...]]:
        values: dict[str, tuple[str, ...]] = {}
        for name, value in self.fields:
            key = name.lower()
            values[key] = (*values.get(key, ()), value)
        return values


def _check_names(mapping: object) -> None:
    if not isinstance(mapping, Mapping):
        raise TypeError(f"headers must be a mapping of str to str, not {type(mapping).__name__}")
    seen: dict[str, str] = {}
    for name in mapping:
        other = seen.setdefault(_name(name).lower(), name)
        if other != name:
            raise ValueError(f"headers name one field twice, as {other!r} and {name!r}; keep one")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a header's name must be a str, not {type(name).__name__}")
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"{name[:40]!a} is no name of a header; it may have letters, digits and !#$%&'*+-.^_`|~"
        )
    return name


def _value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"header {name!r}: the value must be a str, not {type(value).__name__}")
    value = value.strip(" \t")
    if _NOT_IN_VALUE.search(value):
        raise ValueError(f"header {name!r}: the value has a control character; only tab may stand")
    if value and max(value) > "\xff":
        raise ValueError(f"header {name!r}: the value has a character outside latin-1; encode it")
    return value
