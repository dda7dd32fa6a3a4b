"""What a table holds, before anyone decides what it looks like."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Generic, TypeVar

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


@attrs.frozen(kw_only=True)
class Column:
    """A column: its header, its alignment, and the width beyond which its cells are clipped."""

    header: str
    align: Align = Align.LEFT
    max_width: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )


@attrs.frozen
class Field(Generic[T]):
    """A fact to be shown of each of several things: what it is called, and its cell for one."""

    header: str
    cell: Callable[[T], str | None] = attrs.field(repr=False)
    """None is shown as a dash."""
    align: Align = attrs.field(default=Align.LEFT, kw_only=True)
    max_width: int | None = attrs.field(default=None, kw_only=True)

    @classmethod
    def number(cls, header: str, cell: Callable[[T], str | None]) -> "Field[T]":
        """Return a field whose cells are numbers, which line up at the right."""
        return cls(header, cell, align=Align.RIGHT)

    def of(self, part: Callable[[S], T | None], header: str | None = None) -> "Field[S]":
        """Return the field of things that have this one's as a part; a dash where it is None."""

        def cell(whole: S) -> str | None:
            thing = part(whole)
            return None if thing is None else self.cell(thing)

        name = self.header if header is None else header
        return Field(name, cell, align=self.align, max_width=self.max_width)

    @property
    def column(self) -> Column:
        """The column of a table that shows it."""
        return Column(header=self.header, align=self.align, max_width=self.max_width)


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
