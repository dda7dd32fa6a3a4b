"""Picture: a drawing that shows itself in notebooks and goes into files."""

import os
from base64 import b64encode
from html import escape

import attrs

from concurrent_fetch._files import write_whole
from concurrent_fetch.words import visible


@attrs.frozen(kw_only=True, repr=False)
class Picture:
    """A self-contained SVG, legible on light and dark pages. A notebook shows it."""

    svg: str
    """The drawing: one `<svg>` element."""
    alt: str = attrs.field(converter=visible)
    """What it shows, in words."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the SVG into a file, whole or not at all.

        Raises:
            ValueError: the name does not end in `.svg`.
            OSError: it cannot be written.
        """
        if not os.fspath(path).lower().endswith(".svg"):
            raise ValueError(f"a picture is saved as .svg, got {os.fspath(path)!r}")
        write_whole(path, self.svg + "\n")

    def to_html(self) -> str:
        """Return it as an `<img>`, which passes sanitizers where an `<svg>` does not."""
        data = b64encode(self.svg.encode("utf-8")).decode("ascii")
        return (
            f'<img alt="{escape(self.alt)}" src="data:image/svg+xml;base64,{data}" '
            'style="max-width:100%">'
        )

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"
