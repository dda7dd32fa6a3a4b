"""SVG as text: a canvas of few shapes, which survives sanitizers, dark pages and static export.

All styles are attributes, there is no background, no script and no font of our own, and one
mid-grey ink is legible on white and on black.
"""

from collections.abc import Sequence
from html import escape
from itertools import accumulate

from concurrent_fetch.render._characters import width, words_of
from concurrent_fetch.words import visible

INK = "#78818c"
"""Text, axes and marks."""
FETCH = "#4796d9"
FAILED = "#cf222e"
"""Darker than a fetch also where there is no colour."""

WIDE = 600.0
"""How wide every picture is."""
SIZE = 15.0
"""Of all letters but those of the title: where a page has 420 pixels for it, they take 10."""
TITLE = 16.0
LINE = 19.0
"""From one line of letters to the next."""
DEEP = 0.25
"""How far letters reach below their line, in sizes."""

_FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"
# Widths in em of the widest usual sans-serif, so that texts have room in all; bold takes more.
_WIDTHS = {
    **dict.fromkeys("ijlI.,:;'|!· ", 0.36),
    **dict.fromkeys('tfr()[]{}-_/\\"`', 0.48),
    **dict.fromkeys("mwMW%×@≥∞–…", 1.0),
}
_OTHERS = 0.66
_CAPITAL = 0.8
_WIDE_CELL = 0.62
_BOLD = 1.1


def room(text: str, size: float, *, bold: bool = False) -> float:
    """Return how many pixels a text takes at most, in the usual fonts."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1.0)


def fitted(text: str, pixels: float, size: float, *, bold: bool = False) -> str:
    """Return the text, its end replaced by `…` if it would be wider."""
    text = visible(text)
    if room(text, size, bold=bold) <= pixels:
        return text
    return text[: _fitting(text, pixels / size / (_BOLD if bold else 1.0) - _em("…"))] + "…"


def folded(
    text: str, pixels: float, size: float, *, bold: bool = False, most: int = 3
) -> list[str]:
    """Return the text in lines that are no wider, `most` of them; what has no room ends in `…`."""
    lines = [""]
    for word in words_of(visible(text)):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if not lines[-1] or len(lines) == most or room(longer, size, bold=bold) <= pixels:
            lines[-1] = longer
        else:
            lines.append(word)
    return [fitted(line, pixels, size, bold=bold) for line in lines]


def fitted_name(name: str, pixels: float, size: float) -> str:
    """Return a bold name, its middle replaced by `…` if it would be wider: ends tell it apart."""
    name = visible(name)
    if room(name, size, bold=True) <= pixels:
        return name
    half = (pixels / size / _BOLD - _em("…")) / 2
    end = _fitting(name[::-1], half)
    return f"{name[: _fitting(name, half)]}…{name[len(name) - end :]}"


def _fitting(text: str, ems: float) -> int:
    """Return how many characters fit."""
    return sum(end <= ems for end in accumulate(map(_em, text)))


def _em(character: str) -> float:
    known = _WIDTHS.get(character)
    if known is None:
        cells = width(character)
        known = _OTHERS if character.islower() or character.isdigit() else _CAPITAL
        known = max(known, cells * _WIDE_CELL) if cells else 0.0
    return known


def number(x: float) -> str:
    """Return a coordinate with one decimal at most, and none that says nothing."""
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


class Canvas:
    """Collects shapes, the later ones above the earlier; `svg` is the whole."""

    def __init__(self, wide: float = WIDE) -> None:
        self.wide = wide
        self._shapes: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float = SIZE,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Write a line; `y` is its base line, `anchor` one of `start`, `middle`, `end`."""
        weight = ' font-weight="600"' if bold else ""
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._shapes.append(
            f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}"{at}{weight}>'
            f"{escape(visible(content), quote=False)}</text>"
        )

    def title(self, content: str) -> float:
        """Write the title at the top; returns where it ends."""
        y = TITLE
        for line in folded(content, self.wide, TITLE, bold=True):
            self.text(0, y, line, size=TITLE, bold=True)
            y += LINE
        return y - LINE + DEEP * TITLE

    def box(
        self, x: float, y: float, wide: float, high: float, fill: str = INK, *, opacity: float = 1.0
    ) -> None:
        """Fill a rectangle."""
        self._shapes.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(wide)}" '
            f'height="{number(high)}" fill="{fill}"{_opacity(opacity)}/>'
        )

    def fill(self, path: str, colour: str = INK, opacity: float = 1.0) -> None:
        """Fill what a path encloses."""
        if path:
            self._shapes.append(f'<path d="{path}" fill="{colour}"{_opacity(opacity)}/>')

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: str = INK,
        *,
        thick: float = 1.0,
        dash: str = "",
        opacity: float = 1.0,
    ) -> None:
        """Draw a line through points."""
        path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{number(thick)}"'
            f"{dashes}{_opacity(opacity)}/>"
        )

    def strokes(self, path: str, colour: str, thick: float, *, opacity: float = 1.0) -> None:
        """Draw a path of straight strokes that are so thick."""
        if path:
            self._shapes.append(
                f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{number(thick)}"'
                f"{_opacity(opacity)}/>"
            )

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        """Fill a circle."""
        self._shapes.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{colour}"/>'
        )

    def svg(self, high: float, alt: str) -> str:
        """Return the drawing, as high as said, described by `alt` for who does not see it."""
        wide, tall = number(self.wide), number(high)
        said = escape(visible(alt))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" '
            f'viewBox="0 0 {wide} {tall}" role="img" aria-label="{said}" '
            f'font-family="{_FONT}" fill="{INK}">'
            f"<title>{said}</title>{''.join(self._shapes)}</svg>"
        )


def _opacity(opacity: float) -> str:
    return "" if opacity == 1.0 else f' opacity="{opacity:.2g}"'
