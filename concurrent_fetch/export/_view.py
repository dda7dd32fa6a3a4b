"""What the formats show of a result, whatever sort of result it is."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from concurrent_fetch.errors import FormatError
from concurrent_fetch.export._earlier import without_secrets
from concurrent_fetch.http import redact_within
from concurrent_fetch.model import COLUMNS, Failure, Outcome, Response, Run
from concurrent_fetch.render import Field, Picture, Table
from concurrent_fetch.results import Comparison, Ladder, Sweep

_FEW = 3
MOST = 1000
"""Failures that a page lists."""
_TEXTS: Mapping[type, tuple[str, ...]] = {
    Response: ("url", "final_url", "worker"),
    Failure: ("url", "message", "error", "worker"),
}

Result: TypeAlias = Comparison | Sweep | Ladder | Run


@attrs.frozen
class View:
    """A result as formats need it: words and pictures of the whole, and every timed run."""

    result: Result

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        if isinstance(self.result, Run):
            return self.result.strategy
        if isinstance(self.result, Sweep):
            return f"{self.result.strategy} at several concurrencies"
        names = _comparison_of(self.result).strategies
        if isinstance(self.result, Ladder):
            return f"From {names[0]} to {names[-1]}, one change at a time"
        return " against ".join(names) if len(names) <= _FEW else f"{len(names)} strategies"

    @property
    def table(self) -> Table:
        """Its table."""
        return self.result.table()

    @property
    def failures(self) -> Table | None:
        """What failed in a run, with its message, `MOST` at most; None if nothing did."""
        failed = self.result.not_ok if isinstance(self.result, Run) else ()
        if not failed:
            return None
        also = self.result.options.secret_params if isinstance(self.result, Run) else ()
        fields = [
            Field[Outcome]("result", lambda one: str(_result(one))),
            Field[Outcome].words("message", lambda one: COLUMNS["message"](one, also)),
            Field[Outcome].name("URL", lambda one: COLUMNS["url"](one, also)),
        ]
        words = f"{len(failed):,} failed"
        words += f", of which these are the first {MOST:,}" if len(failed) > MOST else ""
        return Table.of(fields, failed[:MOST], caption=words, notes=())

    @property
    def text(self) -> str:
        """What a comparison explains; nothing for other results, whose table says it all."""
        return self.result.explain() if isinstance(self.result, Comparison) else ""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Its pictures, the most telling first."""
        if isinstance(self.result, Sweep):
            return self.result.chart(), self.result.timeline()
        if isinstance(self.result, Comparison):
            return self.result.timeline(), self.result.chart()
        whole = self.result if isinstance(self.result, Run) else self.result.comparison
        return (whole.timeline(),)

    @property
    def environment(self) -> str:
        """Where it was measured, if that is known."""
        return "" if isinstance(self.result, Run) else str(_comparison_of(self.result).card)

    @property
    def runs(self) -> Mapping[str, Run]:
        """Every timed run by its title, in the order they ran; without secrets in any text.

        Of strategies that returned no outcomes there is none.

        Raises:
            FormatError: there is none at all.
        """
        if isinstance(self.result, Run):
            return {redact_within(self.result.strategy): _cleaned(self.result)}
        whole = _comparison_of(self.result)
        found = {
            redact_within(f"{record.strategy}, round {(record.round or 0) + 1}"): _cleaned(
                record.run(whole.urls)
            )
            for record in whole.records
            if record.has_times
        }
        if not found:
            raise FormatError(
                "no strategy here tells the times of its fetches, of which this format is made; "
                ".json and .csv hold what is known"
            )
        return found

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """One entry per fetch."""
        whole = self.result if isinstance(self.result, Run) else _comparison_of(self.result)
        return whole.to_columns()


def _result(outcome: Outcome) -> object:
    return outcome.kind if isinstance(outcome, Failure) else outcome.status_code


def _comparison_of(result: Comparison | Sweep | Ladder) -> Comparison:
    return result if isinstance(result, Comparison) else result.comparison


def _cleaned(run: Run) -> Run:
    also = run.options.secret_params
    return attrs.evolve(run, outcomes=[_without_secrets(outcome, also) for outcome in run])


def _without_secrets(outcome: Outcome, also: tuple[str, ...]) -> Outcome:
    texts = {name: COLUMNS[name](outcome, also) for name in _TEXTS[type(outcome)]}
    told: dict[str, Any] = {
        name: text for name, text in texts.items() if text != getattr(outcome, name)
    }
    if outcome.earlier:
        told["earlier"] = without_secrets(outcome.earlier, outcome.url, also)
    return attrs.evolve(outcome, **told) if told else outcome
