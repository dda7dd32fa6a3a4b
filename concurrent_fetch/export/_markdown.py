"""Markdown, to be pasted into a pull request or an issue."""

import attrs

from concurrent_fetch.export._view import View
from concurrent_fetch.render import to_markdown


def write(view: View) -> str:
    """Return a result as `.md`: table, sentences, notes, what failed, where it was measured."""
    table = view.table
    notes = attrs.evolve(table, columns=(), rows=(), caption=None)
    parts = [
        to_markdown(attrs.evolve(table, notes=())),
        "\n\n".join(map(to_markdown, view.text.splitlines())),
        to_markdown(notes),
        "" if view.failures is None else to_markdown(view.failures),
        to_markdown(view.environment),
    ]
    return "\n\n".join(filter(None, parts))
