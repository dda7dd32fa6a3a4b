"""SVG: the picture that tells most of a result."""

from concurrent_fetch.export._view import View


def write(view: View) -> str:
    """Return a result as `.svg`."""
    return view.pictures[0].svg
