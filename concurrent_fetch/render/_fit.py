"""Fit: which columns of a table a terminal has room for, and how wide each of them is there.

The least loss comes first: headers are folded and long names shortened; then columns leave, in the
order that they name; then words are folded and names shortened further; at last any column leaves
but the first, from the right.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import attrs

from concurrent_fetch.render._characters import clip, fold, shorten, width, words_of
from concurrent_fetch.render._table import Column, Narrow

GAP = 2
"""Blanks between two columns."""
_READABLE = 30
_SHORTEST = 8


@attrs.frozen
class Strip:
    """A column with its cells, which hold only characters that print; the header is no cell."""

    column: Column
    header: str
    cells: tuple[str, ...]

    @property
    def natural(self) -> int:
        """How wide it is where there is room."""
        return _widest((self.header, *self.cells), self.column.max_width)

    def shown(self, cell: str, room: int) -> list[str]:
        """Return the lines of a cell where the column is that wide."""
        most = self.column.max_width
        if self.column.narrow is Narrow.SHORTENED and most is not None:
            clipped = shorten(cell, most)  # what tells names apart may be at their end
        else:
            clipped = clip(cell, most)
        if width(clipped) <= room:
            return [clipped]
        if self.column.narrow is Narrow.FOLDED:
            return fold(clipped, room)
        return [shorten(cell, room)]

    def shown_header(self, room: int) -> list[str]:
        """Return the lines of the header where the column is that wide."""
        return fold(clip(self.header, self.column.max_width), room)

    def with_folded_header(self, current: int) -> int:
        """How narrow it is where its header takes several lines."""
        body = _widest(self.cells, self.column.max_width)
        return min(current, max(body, _longest_word([self.header])))

    def with_folded_cells(self, current: int) -> int:
        """How narrow it is where its words stand below each other."""
        if self.column.narrow is not Narrow.FOLDED:
            return current
        return min(current, _longest_word((self.header, *self.cells)))

    def shortened(self, current: int, least: int) -> int:
        """How narrow it is with names of `least` cells, or more where they would be the same."""
        if self.column.narrow is not Narrow.SHORTENED:
            return current
        narrow, different = current, len(set(self.cells))
        while narrow > max(least, _longest_word([self.header])):
            if len({shorten(cell, narrow - 1) for cell in self.cells}) < different:
                break
            narrow -= 1
        return narrow


def total(widths: Iterable[int]) -> int:
    """Return how wide columns are together with what is between them."""
    return sum(each + GAP for each in widths) - GAP


def fit(strips: Sequence[Strip], room: int) -> tuple[dict[int, int], list[int]]:
    """Return the width of each column that has room, by its place, and the places of the others."""
    if total(strip.natural for strip in strips) <= room:
        return {i: strip.natural for i, strip in enumerate(strips)}, []
    attempts = ((_narrowed(strips, gone, how, room), gone) for gone, how in _attempts(strips))
    return next((widths, gone) for widths, gone in attempts if total(widths.values()) <= room)


_Step = Callable[[Strip, int], int]
_GENTLE: tuple[_Step, ...] = (
    Strip.with_folded_header,
    lambda strip, current: strip.shortened(current, _READABLE),
)
_FIRM: tuple[_Step, ...] = (
    *_GENTLE,
    Strip.with_folded_cells,
    lambda strip, current: strip.shortened(current, _SHORTEST),
)


def _attempts(strips: Sequence[Strip]) -> Iterator[tuple[list[int], tuple[_Step, ...]]]:
    """Yield which columns leave, and how the others are narrowed: ever more of both."""
    places = range(1, len(strips))
    order = {i: strips[i].column.leaves for i in places}
    ranked = sorted((i for i in places if order[i] is not None), key=lambda i: order[i] or 0)
    others = [i for i in reversed(places) if order[i] is None]
    gentle = ((ranked[:n], _GENTLE) for n in range(len(ranked) + 1))
    # The last attempt, with nothing but the first column, always has room.
    firm = (([*ranked, *others[:n]], _FIRM) for n in range(len(others) + 1))
    return chain(gentle, firm)


def _narrowed(
    strips: Sequence[Strip], gone: Sequence[int], steps: Iterable[_Step], room: int
) -> dict[int, int]:
    """Return the widths of what does not leave, after as many of the steps as are needed."""
    widths = {i: min(strip.natural, room) for i, strip in enumerate(strips) if i not in gone}
    for step in steps:
        floors = {i: step(strips[i], wide) for i, wide in widths.items()}
        # From the widest that can give any more, cell by cell.
        while total(widths.values()) > room and (
            able := [i for i, wide in widths.items() if wide > floors[i]]
        ):
            widths[max(able, key=lambda i: widths[i])] -= 1
    return widths


def _widest(texts: Iterable[str], limit: int | None) -> int:
    return max((width(clip(text, limit)) for text in texts), default=0)


def _longest_word(texts: Iterable[str]) -> int:
    return max((width(word) for text in texts for word in words_of(text)), default=0)
