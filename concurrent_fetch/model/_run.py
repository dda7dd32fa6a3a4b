"""Run: one strategy, once over all URLs, and what came back."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import attrs

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Seconds
from concurrent_fetch.errors import FetchFailed
from concurrent_fetch.model._arrow import stream_of
from concurrent_fetch.model._columns import COLUMNS, moments
from concurrent_fetch.model._failures import is_failed, sorted_by
from concurrent_fetch.model._no_array import says_it_is_no_array
from concurrent_fetch.model._options import Options, check_options
from concurrent_fetch.model._outcome import Failure, Outcome, Response, first_start, spans_of
from concurrent_fetch.model._outcomes import as_outcomes
from concurrent_fetch.words import described, whole
from concurrent_fetch.words import seconds as finite

if TYPE_CHECKING:
    from concurrent_fetch.render import Picture, Table


def _outcomes(_: "Run", __: object, value: tuple[object, ...]) -> None:
    if strange := {type(item) for item in value if not isinstance(item, (Response, Failure))}:
        raise TypeError(
            "Run.outcomes must hold Response and Failure only, got "
            f"{', '.join(sorted(kind.__name__ for kind in strange))}"
        )


def _text(_: "Run", field: "attrs.Attribute[str]", value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"Run.{field.name} must be a str, got {value!r}")


def _options(_: "Run", __: object, value: Any) -> None:
    check_options(value)


def _aware(_: "Run", field: "attrs.Attribute[datetime]", value: object) -> None:
    if not isinstance(value, datetime):
        raise TypeError(f"Run.{field.name} must be a datetime, got {value!r}")
    if value.utcoffset() is None:
        raise ValueError(f"Run.{field.name} must have a time zone, as datetime.now(UTC) has")


_DURATION = finite(least=0).of_field


@says_it_is_no_array
@described
@attrs.frozen(kw_only=True, repr=False)
class Run(Sequence[Outcome]):
    """The outcomes of one strategy over one URL set, in URL order.

    A sequence: `run[0]`, `len(run)`, `for outcome in run`. Its columns make a data frame, as in
    `pandas.DataFrame(run.to_columns())`; polars takes also `polars.from_dataframe(run)`.

    Raises:
        TypeError, ValueError: with the field, the value and the rule it broke.
    """

    outcomes: tuple[Outcome, ...] = attrs.field(converter=tuple[Outcome, ...], validator=_outcomes)
    """One for each URL, in URL order; with a journal, for each that was not done already."""
    strategy: str = attrs.field(validator=_text)
    """Its name."""
    options: Options = attrs.field(validator=_options)
    """What it fetched with."""
    started_at: datetime = attrs.field(validator=_aware)
    """With time zone."""
    elapsed: Seconds = attrs.field(validator=_DURATION)
    """From the call to the last outcome."""
    cpu: Seconds = attrs.field(validator=_DURATION)
    """CPU time of the whole process in that time, and of worker processes of the strategy."""
    waited_for_hosts: Seconds = attrs.field(default=0.0, validator=_DURATION)
    """Seconds times places that were idle while URLs waited for hosts whose limits were reached."""
    advice: str = attrs.field(default="", validator=_text)
    """What would have kept these places from being idle; empty where nothing is known."""
    skipped: int = attrs.field(default=0, validator=whole(0).of_field)
    """How many of the URLs were not fetched, since they are done by `Options.journal`: so many
    more than `len(run)` were given."""
    clock_error: Seconds | None = attrs.field(
        default=None, validator=finite(least=0, none="None").of_field
    )
    """How far the times of outcomes may be off, since workers on other machines have clocks of
    their own; 0: all were on this machine; None: no other process has fetched."""

    @classmethod
    def of(
        cls,
        outcomes: Iterable[Outcome],
        *,
        options: Options | None = None,
        strategy: str = "outcomes",
    ) -> Self:
        """Return a run of outcomes from anywhere, such as `iter_threaded` or a list.

        They are put in URL order, by `index`; where an index repeats, they are not of one URL set
        and stay as given. `elapsed` is from the first start to the last end, and `started_at` is
        told by their clock. How much CPU time they took is not known: `cpu` is 0.

        Raises:
            TypeError: it is no plain iterable, or something in it is no outcome; says what and
                where.
            ValueError: a field of an outcome breaks its rule; says which of which.
        """
        made = as_outcomes(outcomes)
        if len({outcome.index for outcome in made}) == len(made):
            made.sort(key=lambda outcome: outcome.index)
        first = min(map(first_start, made), default=0.0)
        last = max((outcome.timing.finished for outcome in made), default=0.0)
        return cls(
            outcomes=tuple(made),
            strategy=strategy,
            options=Options() if options is None else options,
            started_at=_at(first) if made else datetime.now(UTC),
            elapsed=last - first,
            cpu=0.0,
        )

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Outcome, ...]: ...
    def __getitem__(self, index: int | slice) -> Outcome | tuple[Outcome, ...]:
        return self.outcomes[index]

    def __len__(self) -> int:
        return len(self.outcomes)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.outcomes)

    @property
    def responses(self) -> tuple[Response, ...]:
        """The complete responses, of any status."""
        return tuple(o for o in self.outcomes if isinstance(o, Response))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The URLs that were not answered."""
        return tuple(o for o in self.outcomes if isinstance(o, Failure))

    @property
    def not_ok(self) -> tuple[Outcome, ...]:
        """Failures, and responses whose status is 400 or above."""
        return tuple(filter(is_failed, self.outcomes))

    @property
    def failed_urls(self) -> list[str]:
        """The URLs of `not_ok` as they were given, in URL order: what one may fetch once more.

        `fetch_threaded(run.failed_urls)` is the second pass; to leave out those that it will not
        help, as of status 404, take them from `failures_by`. Of a loaded run secrets are missing.
        """
        return [outcome.url for outcome in self.not_ok]

    @overload
    def failures_by(self, by: Literal["kind"]) -> dict[FailureKind, tuple[Failure, ...]]: ...
    @overload
    def failures_by(self, by: Literal["status"]) -> dict[int, tuple[Response, ...]]: ...
    @overload
    def failures_by(self, by: Literal["host"]) -> dict[str, tuple[Outcome, ...]]: ...
    def failures_by(self, by: str) -> Any:
        """Return what of `not_ok` belongs together, the most first.

        By `"kind"` the failures; by `"status"` the responses of status 400 and above; by `"host"`
        both, and "" stands for the host of what is no URL.

        Raises:
            UnknownNameError: it is none of these words.
        """
        return sorted_by(by, self.outcomes)

    @property
    def requests_per_second(self) -> float:
        """Outcomes per second of `elapsed`."""
        return len(self) / self.elapsed if self.elapsed else 0.0

    @property
    def bytes_per_second(self) -> float:
        """Decoded body bytes per second of `elapsed`."""
        return sum(r.size for r in self.responses) / self.elapsed if self.elapsed else 0.0

    @property
    def mean_in_flight(self) -> float:
        """Mean number of fetches under way at once (Little's law: their times over `elapsed`).

        Each try counts, and no wait between two tries: it takes no place.
        """
        times = (end - start for one in self.outcomes for start, end in spans_of(one))
        return sum(times) / self.elapsed if self.elapsed else 0.0

    @property
    def peak_in_flight(self) -> int:
        """The most fetches that were under way at once, of all tries."""
        spans = [span for outcome in self.outcomes for span in spans_of(outcome)]
        from concurrent_fetch.stats import most_at_once  # noqa: PLC0415 - every fetch would pay for it

        return most_at_once((start for start, _ in spans), (end for _, end in spans))

    def percentile(self, q: float) -> Seconds:
        """Return the `q`-th percentile (0 ≤ q ≤ 100) of `elapsed` of the responses, in seconds.

        Linear between neighbours, as numpy has it by default.

        Raises:
            ValueError: `q` is out of range, or there is no response.
        """
        if not 0 <= q <= 100:
            raise ValueError(f"q must be between 0 and 100, got {q!r}")
        times = sorted(r.elapsed for r in self.responses)
        if not times:
            raise ValueError("no response in this run, so there is no percentile of their times")
        from concurrent_fetch.stats import quantile  # noqa: PLC0415 - every fetch would pay for it

        return quantile(times, q / 100)

    def to_columns(self) -> dict[str, list[Any]]:
        """Return one list per fact, one entry per outcome: feeds pandas, polars or pyarrow.

        `at` is when a fetch was started by the clock on the wall, as text (ISO 8601, UTC);
        `content_type` is None where headers are gone, as in what `load` reads; `tag` where it is no
        text and no whole number. User info in URLs is hidden, and what `Options.secret_params`
        says.
        """
        also = self.options.secret_params
        told = {name: [read(o, also) for o in self.outcomes] for name, read in COLUMNS.items()}
        return {**told, "at": moments(self.outcomes, self.started_at)}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict per outcome, with the same names as `to_columns`."""
        columns = self.to_columns()
        rows = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return `to_columns` as Arrow, for `pyarrow.table` and `polars.from_dataframe`."""
        return stream_of(self.to_columns(), requested_schema)

    def raise_for_failures(self) -> None:
        """Raise if a URL was not answered; a status of 400 or above is an answer.

        Raises:
            FetchFailed: with the first few failures in its message.
        """
        failed = self.failures
        if failed:
            first = "; ".join(map(self._told, failed[:3]))
            rest = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
            raise FetchFailed(f"{len(failed)} of {len(self)} URLs failed: {first}{rest}")

    def _told(self, failure: Failure) -> str:
        url, message = (COLUMNS[n](failure, self.options.secret_params) for n in ("url", "message"))
        return f"{url}: {failure.kind}: {message}"

    def timeline(self) -> "Picture":
        """Return a picture: a row for each fetch in start order, and the number in flight."""
        shown: Picture = _view().timeline_of(
            self.outcomes, self.strategy, self.elapsed, self.mean_in_flight
        )
        return shown

    def table(self) -> "Table":
        """Return the outcomes as a neutral table, for any renderer.

        A few one by one; many by what came back. Notes say what was tried again, and what waited.
        """
        shown: Table = _view().table_of(
            self.outcomes,
            self._caption,
            self.options.secret_params,
            idle=self.waited_for_hosts / self.elapsed if self.elapsed else 0.0,
            advice=self.advice,
        )
        return shown

    def __repr__(self) -> str:
        shown: str = _view().repr_of(self.strategy, len(self), len(self.failures), self.elapsed)
        return shown

    def __str__(self) -> str:
        shown: str = _view().text_of(self.table() if len(self) else self._caption)
        return shown

    def _repr_html_(self) -> str:
        shown: str = _view().html_of(self.table(), [self.timeline()] if len(self) else [])
        return shown

    @property
    def _caption(self) -> str:
        shown: str = _view().caption_of(
            self.strategy,
            len(self),
            len(self.failures),
            self.elapsed,
            pace=(self.requests_per_second, self.mean_in_flight) if len(self) else (0.0, 0.0),
            skipped=self.skipped,
            clock_error=self.clock_error or 0.0,
        )
        return shown


def _view() -> Any:
    """Return what shows a run: imported when one is shown, or every fetch would pay for it."""
    from concurrent_fetch.model import _run_view  # noqa: PLC0415 - see above

    return _run_view


def _at(moment: Seconds) -> datetime:
    """Return when a moment of `perf_counter` was; of one of another machine's clock: now."""
    now, ago = datetime.now(UTC), perf_counter() - moment
    return now - timedelta(seconds=ago) if 0 <= ago <= perf_counter() else now
