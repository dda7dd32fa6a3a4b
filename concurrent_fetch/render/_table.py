"""What a table holds, before anyone decides what it looks like."""

from enum import StrEnum

import attrs


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

    def without(self, header: str) -> "Table":
        """Return the table without the column of that header."""
        kept = [i for i, column in enumerate(self.columns) if column.header != header]
        return attrs.evolve(
            self,
            columns=tuple(self.columns[i] for i in kept),
            rows=tuple(tuple(row[i] for i in kept) for row in self.rows),
        )

    def __attrs_post_init__(self) -> None:
        for i, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows[{i}] has {len(row)} cells for {len(self.columns)} columns: "
                    "give every column one, an empty one where there is nothing to say"
                )
