"""Sphinx builds the pages offline; every warning is an error (nox -s docs)."""

import re
from importlib.metadata import version as installed
from typing import Any

from concurrent_fetch import Options

project = "concurrent_fetch"
author = "The concurrent_fetch developers"
project_copyright = "2026, The concurrent_fetch developers"
release = version = installed("concurrent_fetch")

extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "jupyter_execute"]
html_theme = "furo"
html_title = f"concurrent_fetch {version}"
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 2

nb_execution_mode = "force"  # the notebooks keep no output: each build makes it anew
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 120
nb_output_stderr = "warn"  # a lesson has nothing to say there

default_role = "code"  # docstrings write `name` as Markdown does
autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "exclude-members": "__init__, __new__",
}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"

nitpicky = True
nitpick_ignore_regex = [
    # The standard library is documented elsewhere, and the build does not ask the network.
    (r"py:.*", r"(collections|contextlib|datetime|enum|os|pathlib|typing)\..*"),
    (r"py:.*", r"(AbstractAsyncContextManager|AbstractContextManager|datetime)"),
    (r"py:.*", r"(Async)?(Generator|Iterable|Iterator)|Awaitable|Callable|Mapping|Sequence"),
    # Names of one module each, used in signatures and explained where they are used.
    (r"py:.*", r"(.*\.)?(AsyncGet|Get|AsyncSend|Send|Clock|Report|Seconds|Bytes|Latency|_Test)"),
    (r"py:.*", r"(.*\.)?PiecesSink"),
    # Returned and passed on, never made by a reader.
    (
        r"py:.*",
        r"(.*\.)?(Beside|Bound|CanonicalURL|ConfiguredStrategy|Each|Head|Evidence|Load|Record|Table|Waiting)",
    ),
    (r"py:.*", r"(.*\.)?sinks\._folder\._File"),
]


def _list_exceptions(_app: Any, *rest: Any) -> None:
    """Turn a "Raises:" section into a list (napoleon would also split properties at colons)."""
    lines: list[str] = rest[-1]
    if "Raises:" not in lines:
        return
    start = lines.index("Raises:")
    lines[start] = ":Raises:"
    for number, line in enumerate(lines[start + 1 :], start + 1):
        indent = len(line) - len(line.lstrip())
        if line and not indent:
            break
        lines[number] = f"    * {line.strip()}" if indent == 4 else f"      {line.strip()}".rstrip()


def _leave_fields_out(_app: Any, what: str, *rest: Any) -> None:
    """Drop the fields from the docstring of a class: each is shown by itself."""
    lines: list[str] = rest[-1]
    if what == "class" and "Fields:" in lines:
        del lines[lines.index("Fields:") :]


def _shorten_defaults(*event: Any) -> tuple[str | None, str | None]:
    """Show a default that is made on the spot as a reader would write it."""
    signature, returned = event[-2:]
    if signature:
        signature = signature.replace(repr(Options()), "Options()").replace("NOTHING", "...")
    return signature, returned


# A block of what a program prints, up to its end; and a line of it that is no row of a table: there
# columns stand two blanks apart. One that is wider than a page is folded in any case.
_OUTPUT = re.compile(
    r'(<div class="(?:output [a-z_ ]*)?highlight-(?:text|none|myst-ansi) [^"]*">'
    r'<div class="highlight"><pre>(?:<span></span>)?)(.*?)(</pre>)',
    re.DOTALL,
)
_SENTENCE = re.compile(r"^(?:(?!.*  )[^<\n]{60,}|[^<\n]{121,})\n?", re.MULTILINE)


def _fold_sentences(_app: Any, *event: Any) -> None:
    """Mark the sentences of outputs, which are folded; rows of tables are not (pages.css)."""
    context: dict[str, Any] = event[2]
    if "body" in context:
        context["body"] = _OUTPUT.sub(_with_sentences, context["body"])


def _with_sentences(output: re.Match[str]) -> str:
    start, text, end = output.groups()
    marked = _SENTENCE.sub(lambda s: f'<span class="sentence">{s[0].rstrip()}</span>', text)
    return f"{start}{marked}{end}"


# Code in a cell; and in it what is left as it is, or a sign after which a name may be folded.
_CODE = re.compile(r"(?<=<code )(?:(?!</code>|</table>).)*(?=</code>)", re.DOTALL)
_TABLE = re.compile(r'<table class="docutils.*?</table>', re.DOTALL)
_FOLD = re.compile(r"(<[^>]*>)|(?<=[^\W_])([_./=(,])(?=[^<\s])")


def _fold_names(_app: Any, *event: Any) -> None:
    """Let a name in a table be folded at its parts and not within a word (pages.css)."""
    context: dict[str, Any] = event[2]
    if "body" in context:
        context["body"] = _TABLE.sub(_with_folds, context["body"])


def _with_folds(table: re.Match[str]) -> str:
    return _CODE.sub(lambda code: _folds_of(code[0]), table[0])


def _folds_of(code: str) -> str:
    opening, text = code.split(">", 1)
    return f"{opening}>{_FOLD.sub(lambda m: m[1] or f'{m[2]}<wbr>', text)}"


def setup(app: Any) -> None:
    """Connect what is done to each docstring, each signature and each page."""
    app.connect("autodoc-process-docstring", _leave_fields_out)
    app.connect("autodoc-process-docstring", _list_exceptions)
    app.connect("autodoc-process-signature", _shorten_defaults)
    app.connect("html-page-context", _fold_sentences)
    app.connect("html-page-context", _fold_names)
