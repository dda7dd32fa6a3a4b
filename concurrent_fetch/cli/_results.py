"""What the command line shows of a result, and the exit code that says what came of it."""

import functools
from collections.abc import Iterable

import attrs

from concurrent_fetch._progress import above_the_bar
from concurrent_fetch.cli._output import is_watched, note, room, show
from concurrent_fetch.http import redact
from concurrent_fetch.model import Outcome, Response, Run
from concurrent_fetch.render import many, seconds, size, to_text
from concurrent_fetch.results import Comparison

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
_FEW = 12
"""Of so many a run has a row for each in its own table, and no overview."""
_Row = tuple[str, str, str, str]
_Widths = tuple[int, int, int]
_NARROW: _Widths = (3, 5, 7)
"""Of columns whose rows are not yet known; they grow."""


class Arrivals:
    """The outcomes of a fetch under way, shown as they arrive where stdout is a terminal."""

    def __init__(self, secret_params: tuple[str, ...], *, with_places: bool) -> None:
        self.are_shown = False
        self._with_places = with_places
        self._secret_params = secret_params
        self._room = room()
        self._widths = _NARROW
        self._is_below_bar = is_watched()

    def tell(self, outcome: Outcome) -> None:
        """Show an outcome."""
        if self._room is None:
            return
        self.are_shown = True
        row = _row(outcome, self._secret_params, with_place=self._with_places)
        self._widths = _wider(self._widths, row)
        line = to_text(_line(row, self._widths), self._room)
        if self._is_below_bar:
            with above_the_bar():
                show(line)
        else:
            show(line)


def show_comparison(comparison: Comparison) -> int:
    """Show a comparison; return the exit code."""
    table = comparison.table()
    explanation = [to_text(line, room()) for line in comparison.explain().splitlines()]
    show("\n".join([to_text(attrs.evolve(table, notes=()), room()), "", *explanation]))
    for remark in table.notes:
        note(to_text(remark))
    failed, refused = set[int](), set[int]()
    for record in (*comparison.checks.values(), *comparison.records):
        failed |= {i for i, kind in enumerate(record.columns["kind"]) if kind is not None}
        refused |= {i for i, code in enumerate(record.columns["status_code"]) if code >= 400}
    return _show_losses(len(failed), len(refused), len(comparison.urls))


def show_run(run: Run, *, is_told: bool = False, is_whole: bool = True, fail: bool = False) -> int:
    """Show a run: its outcomes, or of many without `is_whole` what failed; and the overview.

    `is_told`: the outcomes have been shown. Returns the exit code: 1 if a URL failed, with `fail`
    also if one was answered by a status of 400 or above.
    """
    if not len(run):
        show(str(run))
        return 0
    are_many = not has_few(len(run))
    listed = run.not_ok if are_many and not is_whole else run.outcomes
    parts = [] if is_told or not listed else ["\n".join(_lines(run, listed))]
    if are_many:
        parts = [part + "\n" for part in parts]
        parts.append(to_text(run.table(), room()))
    else:
        parts.append(f"{many(len(run), 'URL')} in {run.elapsed:.2f} s")
    show("\n".join(parts))
    failed, refused = len(run.failures), len(run.not_ok) - len(run.failures)
    code = _show_losses(failed, refused, len(run))
    return 1 if fail and refused else code


def has_few(urls: int) -> bool:
    """Whether each of so many URLs is worth a row with all that is known of it."""
    return urls <= _FEW


def _lines(run: Run, outcomes: Iterable[Outcome]) -> list[str]:
    few, also = has_few(len(run)), run.options.secret_params
    rows = [_row(outcome, also, with_place=few) for outcome in outcomes]
    widths = functools.reduce(_wider, rows, (0, 0, 0))
    return [to_text(_line(row, widths), room()) for row in rows]


def _wider(widths: _Widths, row: _Row) -> _Widths:
    (result, width, time), (r, s, t, _) = widths, row
    return max(result, len(r)), max(width, len(s)), max(time, len(t))


def _line(row: _Row, widths: _Widths) -> str:
    (result, width, time), (r, s, t, rest) = widths, row
    return f"{r:<{result}}  {s:>{width}}  {t:>{time}}  {rest}"


def _row(outcome: Outcome, also: tuple[str, ...], *, with_place: bool) -> _Row:
    url, time = to_text(redact(outcome.url, also)), seconds(outcome.elapsed)
    if isinstance(outcome, Response):
        place = f"  {to_text(outcome.sink)}" if with_place and outcome.sink else ""
        return str(outcome.status_code), str(outcome.size), time, f"{url}{place}"
    return str(outcome.kind), size(None), time, f"{url}  {to_text(outcome.message)}"


def _show_losses(failed: int, refused: int, total: int) -> int:
    """Say how many URLs failed, and how many got a status of 400 or above; return the exit code."""
    if failed:
        note(f"failed: {failed:,} of {many(total, 'URL')}")
    if refused:
        note(f"status 400 or above: {refused:,} of {many(total, 'URL')}")
    return 1 if failed else 0
