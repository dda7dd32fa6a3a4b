"""What a table holds, before anyone decides what it looks like."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Generic, TypeVar, cast

import attrs

from concurrent_fetch.render._format import or_missing

S = TypeVar("S")
T = TypeVar("T")


class Align(StrEnum):
    """On which side the cells of a column line up."""

    LEFT = "left"
    """Text."""
    RIGHT = "right"
    """Numbers."""


class Narrow(StrEnum):
    """How the cells of a column give way where a terminal has too little room."""

    WHOLE = "whole"
    """Not at all: half a number is none."""
    SHORTENED = "shortened"
    """In the middle: names differ at their ends."""
    FOLDED = "folded"
    """Over several lines, between words."""


@attrs.frozen(kw_only=True)
class Column:
    """A column: its header, its alignment, and how it gives way where there is little room."""

    header: str
    align: Align = Align.LEFT
    max_width: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )
    """The width beyond which its cells are clipped, however much room there is."""
    narrow: Narrow = Narrow.WHOLE
    leaves: int | None = None
    """Its place among those that leave where there is little room: 1 is missed least and leaves
    first; None stays as long as any of these is there. The first column of a table always stays."""


@attrs.frozen
class Field(Generic[T]):
    """A fact to be shown of each of several things: what it is called, and its cell for one."""

    header: str
    cell: Callable[[T], str | None] = attrs.field(repr=False)
    """None is shown as a dash."""
    align: Align = attrs.field(default=Align.LEFT, kw_only=True)
    max_width: int | None = attrs.field(default=None, kw_only=True)
    narrow: Narrow = attrs.field(default=Narrow.WHOLE, kw_only=True)
    leaves: int | None = attrs.field(default=None, kw_only=True)

    @classmethod
    def name(
        cls, header: str, cell: Callable[[T], str | None], *, max_width: int | None = None
    ) -> "Field[T]":
        """Return a field whose cells are names, shortened where there is little room."""
        return cls(header, cell, max_width=max_width, narrow=Narrow.SHORTENED)

    @classmethod
    def number(
        cls, header: str, cell: Callable[[T], str | None], *, leaves: int | None = None
    ) -> "Field[T]":
        """Return a field whose cells are numbers, which line up at the right."""
        return cls(header, cell, align=Align.RIGHT, leaves=leaves)

    @classmethod
    def words(cls, header: str, cell: Callable[[T], str | None]) -> "Field[T]":
        """Return a field whose cells are words, folded where there is little room."""
        return cls(header, cell, narrow=Narrow.FOLDED)

    def of(self, part: Callable[[S], T | None], header: str | None = None) -> "Field[S]":
        """Return the field of things that have this one's as a part; a dash where it is None."""

        def cell(whole: S) -> str | None:
            thing = part(whole)
            return None if thing is None else self.cell(thing)

        return attrs.evolve(
            cast("Field[S]", self),
            header=self.header if header is None else header,
            cell=cell,
        )

    @property
    def column(self) -> Column:
        """The column of a table that shows it."""
        return Column(
            header=self.header,
            align=self.align,
            max_width=self.max_width,
            narrow=self.narrow,
            leaves=self.leaves,
        )


@attrs.frozen(kw_only=True)
class Table:
    """Columns, rows with one cell of text per column, a line above and lines below.

    Cells may hold any text: making it harmless is the renderer's part. Raises `ValueError` for a
    row of another length than `columns`.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        fields: Sequence[Field[T]],
        things: Iterable[T],
        *,
        caption: str | None = None,
        notes: Iterable[str] = (),
    ) -> "Table":
        """Return a table with a row for each thing and a column for each field."""
        return cls(
            columns=tuple(field.column for field in fields),
            rows=tuple(tuple(map(or_missing, (f.cell(x) for f in fields))) for x in things),
            caption=caption,
            notes=tuple(notes),
        )

    def __attrs_post_init__(self) -> None:
        for i, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows[{i}] has {len(row)} cells for {len(self.columns)} columns: "
                    "give every column one, an empty one where there is nothing to say"
                )
