"""A page: one HTML file that holds all it shows, for browsers, mail and pull requests."""

from html import escape

from concurrent_fetch.export._view import View
from concurrent_fetch.render import to_html, to_text

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:15px/1.45 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em}"
    "body>div+div{margin-top:1.5em}"
)


def write(view: View) -> str:
    """Return a result as `.html`: table, pictures, sentences, notes, and what failed."""
    title = escape(to_text(view.title))
    shown = to_html(view.table, *view.pictures, text=view.text)
    if view.failures is not None:
        shown += f"\n{to_html(view.failures)}"
    footer = (
        f"<footer><p>{escape(to_text(view.environment))}</p></footer>" if view.environment else ""
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{title}</h1>\n{shown}\n{footer}\n</body>\n</html>"
    )
