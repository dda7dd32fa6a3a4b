"""What must hold between the parts of a result, for its tables and sentences to be told."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from concurrent_fetch.analysis import Card, Record
from concurrent_fetch.export._damage import brief, damage, within
from concurrent_fetch.export._earlier import LONGEST
from concurrent_fetch.model import Run
from concurrent_fetch.results import Comparison, Ladder, Sweep

_SHORTEST = 1e-12
_COUNTS: tuple[str, ...] = ("gets", "requests", "sent", "early", "octets")
_LARGEST = 2**63 - 1


def check_comparison(found: Comparison, where: str) -> None:
    """Hold the parts of a comparison against each other.

    Raises:
        FormatError: two of them contradict each other.
    """
    _check_names(found, where)
    _check_numbers(found, where)
    _check_rounds(found, where)
    _check_trials(found, where)
    for name, check in found.checks.items():
        at = within(within(where, "checks"), name)
        if (check.strategy, check.round) != (name, None):
            raise damage(at, f"this is no check run of {brief(name)}")
        _check_record(check, 0, at)
    for i, record in enumerate(found.records):
        _check_record(record, _SHORTEST, f"{within(where, 'records')}[{i}]")


def _check_names(found: Comparison, where: str) -> None:
    names = found.strategies
    if not names or len(set(names)) != len(names):
        raise damage(within(where, "strategies"), "expected at least one name, and none twice")
    if set(found.checks) != set(names):
        raise damage(within(where, "checks"), "expected one check run of each strategy")
    subjects: dict[str, Iterable[str | None]] = {
        "probes": found.probes,
        "reasons": found.reasons,
        "cards": found.cards,
        "tried": found.tried,
        "alone": [found.alone.strategy] if found.alone else [],
        "notes": [note.strategy for note in found.notes],
    }
    known = {None, *names}
    for part, about in subjects.items():
        for name in about:
            if name not in known:
                raise damage(within(where, part), f"no strategy is called {brief(name)}")


def _check_numbers(found: Comparison, where: str) -> None:
    if not found.urls:
        raise damage(within(where, "urls"), "expected at least one URL")
    if not found.looks or found.looks[0] < 1 or not _is_ascending(found.looks):
        raise damage(within(where, "looks"), "expected ascending numbers of at least 1")
    for card in (found.card, *found.cards.values()):
        if card.cores < 1:
            raise damage(within(within(where, "card"), "cores"), "expected at least 1")
        _check_load(card, within(within(where, "card"), "in_rounds"))
    for name, probe in found.probes.items():
        at = within(within(where, "probes"), name)
        for field, most in (("starved", LONGEST), ("others", 1.0)):
            told = getattr(probe, field)
            if told is not None and not 0 <= told <= most:
                raise damage(within(at, field), f"expected 0 to {most:g}")


def _check_load(card: Card, where: str) -> None:
    if (load := card.in_rounds) is None:
        return
    if not 0 <= load.busy <= load.rounds or load.rounds < 1:
        raise damage(where, "expected at least one round, and no more busy ones than there are")
    for name in ("others", "steal", "pressure", "switches"):
        amount = getattr(load, name)
        if amount is not None and not 0 <= amount.median <= amount.worst <= _LARGEST:
            raise damage(within(where, name), "expected a median of 0 or more, and a worst")


def _check_rounds(found: Comparison, where: str) -> None:
    if not 1 <= found.rounds <= found.looks[-1]:
        raise damage(within(where, "order"), f"expected 1 to {found.looks[-1]} rounds")
    if found.next_look is not None and not found.rounds < found.next_look <= found.looks[-1]:
        raise damage(within(where, "next_look"), "expected a look that is still to come")
    strategies = sorted(found.strategies)
    for i, names in enumerate(found.order):
        if sorted(names) != strategies:
            raise damage(f"{within(where, 'order')}[{i}]", "expected each strategy once")
    expected = [(number, name) for number, names in enumerate(found.order) for name in names]
    if len(found.records) != len(expected):
        words = f"expected {len(expected)} records, got {len(found.records)}"
        raise damage(within(where, "records"), words)
    for i, (record, (number, name)) in enumerate(zip(found.records, expected, strict=True)):
        if (record.round, record.strategy) != (number, name):
            words = f"expected round {number} of {brief(name)}, as order has it"
            raise damage(f"{within(where, 'records')}[{i}]", words)
    for number in found.marked:
        if number >= found.rounds:
            raise damage(within(where, "marked"), f"there is no round {number}")


def _check_trials(found: Comparison, where: str) -> None:
    for name, tried in found.tried.items():
        at = within(within(where, "tried"), name)
        if not 1 <= len(tried.as_it_was) == len(tried.with_twice):
            raise damage(at, "expected pairs of runs")
        if not 1 <= tried.concurrency < tried.twice:
            raise damage(at, "expected more in flight than before, and at least 1 then")
        _check_times((*tried.as_it_was, *tried.with_twice), at)
        _check_within(tried, {"service_grew": (0, LONGEST)}, at)
    if (alone := found.alone) is None:
        return
    at = within(where, "alone")
    if not 1 <= len(alone.places) == len(alone.services):
        raise damage(at, "expected one time for each place")
    if not all(0 <= place < len(found.urls) for place in alone.places):
        raise damage(within(at, "places"), "expected places of URLs")
    if not all(0 <= time <= LONGEST for time in alone.services):
        raise damage(at, f"expected times of 0 to {LONGEST:g}")


def _check_times(times: Iterable[float], where: str) -> None:
    if not all(_SHORTEST <= time <= LONGEST for time in times):
        raise damage(where, f"expected times of {_SHORTEST:g} to {LONGEST:g}")


def _check_record(record: Record, shortest: float, where: str) -> None:
    limits = {
        "begun": (-LONGEST, LONGEST),
        "elapsed": (shortest, LONGEST),
        "cpu": (0, LONGEST),
        "cpu_of_workers": (0, LONGEST),
        "elapsed_outside": (0, LONGEST),
        "working": (0, LONGEST),
        "outside": (0, len(record.columns["started"])),
        "worked": (0, LONGEST),
        "unread": (0, len(record.columns["started"])),
    }
    _check_within(record, limits, where)
    if record.witnessed is not None:
        counts: Mapping[str, tuple[float, float]] = dict.fromkeys(_COUNTS, (0, _LARGEST))
        _check_within(record.witnessed, counts, within(where, "witnessed"))


def _check_within(part: object, limits: Mapping[str, tuple[float, float]], where: str) -> None:
    for name, (least, most) in limits.items():
        value = getattr(part, name)
        if value is not None and not least <= value <= most:
            raise damage(within(where, name), f"expected {least:g} to {most:g}, got {brief(value)}")


def check_sweep(found: Sweep) -> None:
    """Hold the levels of a sweep against its strategies.

    Raises:
        FormatError: they are not the same.
    """
    levels = found.levels
    if len(levels) < 2 or levels[0] < 1 or not _is_ascending(levels):
        raise damage("levels", "expected two or more ascending numbers of at least 1")
    if tuple(map(str, levels)) != found.comparison.strategies:
        raise damage("levels", "the strategies of the comparison are others")


def check_ladder(found: Ladder) -> None:
    """Hold the changes of a ladder against its strategies.

    Raises:
        FormatError: there is not one for each strategy but the first.
    """
    expected = len(found.comparison.strategies) - 1
    if len(found.changes) != expected:
        raise damage("changes", f"expected {expected}, got {len(found.changes)}")


def check_run(found: Run) -> None:
    """Hold the times of a run against what can be told of them.

    Raises:
        FormatError: they are too long.
    """
    for name in ("elapsed", "cpu", "waited_for_hosts"):
        if getattr(found, name) > LONGEST:
            raise damage(name, f"expected at most {LONGEST:g}, got {getattr(found, name)}")


def _is_ascending(numbers: Sequence[int]) -> bool:
    return all(earlier < later for earlier, later in pairwise(numbers))
