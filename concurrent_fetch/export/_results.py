"""Results as trees of JSON, and back: comparisons, sweeps, ladders and runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from concurrent_fetch._comparison import Comparison
from concurrent_fetch._ladder import Ladder
from concurrent_fetch._outcome import check_outcome
from concurrent_fetch._record import Intern, Record, columns_of, interning
from concurrent_fetch._redaction import redact
from concurrent_fetch._run import Run
from concurrent_fetch._sweep import Sweep
from concurrent_fetch.export._codec import (
    build,
    check_keys,
    entries,
    fields_tree,
    items,
    read,
    read_fields,
    within,
)
from concurrent_fetch.export._columns import columns_tree, read_columns
from concurrent_fetch.export._consistency import (
    check_comparison,
    check_ladder,
    check_run,
    check_sweep,
)

Result: TypeAlias = Comparison | Sweep | Ladder | Run
Tree: TypeAlias = dict[str, Any]


# --- out ---


def _comparison_tree(comparison: Comparison) -> Tree:
    urls = comparison.urls
    told = fields_tree(comparison, leave=("urls", "checks", "records"))
    checks = {name: _record_tree(check, urls) for name, check in comparison.checks.items()}
    records = [_record_tree(record, urls) for record in comparison.records]
    return {"urls": list(map(redact, urls)), **told, "checks": checks, "records": records}


def _record_tree(record: Record, urls: Sequence[str]) -> Tree:
    told = fields_tree(record, leave=("columns",))
    return {**told, "columns": columns_tree(record, urls)}


def _whole_tree(result: Sweep | Ladder) -> Tree:
    told = fields_tree(result, leave=("comparison",))
    return {**told, "comparison": _comparison_tree(result.comparison)}


def _run_tree(run: Run) -> Tree:
    for outcome in run:
        check_outcome(outcome)
    urls = [outcome.url for outcome in run]
    record = Record(
        strategy=run.strategy,
        round=None,
        options=run.options,
        started_at=run.started_at,
        begun=0.0,
        elapsed=run.elapsed,
        cpu=run.cpu,
        outside=0,
        columns=columns_of(run.outcomes, interning()),
    )
    told = fields_tree(run, leave=("outcomes",))
    return {"urls": list(map(redact, urls)), **told, "columns": columns_tree(record, urls)}


# --- in ---


def _read_comparison(raw: Any, where: str = "") -> Comparison:
    facts = read_fields(Comparison, raw, where, leave=("checks", "records"))
    length, intern = len(facts["urls"]), interning()
    checks = {
        name: _read_record(item, length, at, intern)
        for name, item, at in entries(facts["checks"], within(where, "checks"))
    }
    records = tuple(
        _read_record(item, length, at, intern)
        for item, at in items(facts["records"], within(where, "records"))
    )
    found = Comparison(**{**facts, "checks": checks, "records": records})
    check_comparison(found, where)
    return found


def _read_record(raw: Any, length: int, where: str, intern: Intern) -> Record:
    facts = read_fields(Record, raw, where, leave=("columns",))
    columns = read_columns(facts["columns"], length, within(where, "columns"), intern)
    return build(Record, {**facts, "columns": columns}, where)


def _read_sweep(raw: Any) -> Sweep:
    facts = read_fields(Sweep, raw, "", leave=("comparison",))
    found = Sweep(**{**facts, "comparison": _read_comparison(facts["comparison"], "comparison")})
    check_sweep(found)
    return found


def _read_ladder(raw: Any) -> Ladder:
    facts = read_fields(Ladder, raw, "", leave=("comparison",))
    found = Ladder(**{**facts, "comparison": _read_comparison(facts["comparison"], "comparison")})
    check_ladder(found)
    return found


def _read_run(raw: Any) -> Run:
    names = ("strategy", "options", "started_at", "elapsed", "cpu")
    check_keys(raw, dict.fromkeys((*names, "urls", "columns")), "")
    urls = read(tuple[str, ...], raw["urls"], "urls")
    blank: Tree = {"round": None, "begun": 0, "outside": 0, "worked": None, "working": 0}
    told = {name: raw[name] for name in (*names, "columns")}
    found = _read_record({**told, **blank}, len(urls), "", interning())
    run = build(found.run, {"urls": urls}, "")
    check_run(run)
    return run


class Kind(NamedTuple):
    """How one kind of result becomes a tree, and comes back."""

    type: type
    tree: Callable[[Any], Tree]
    read: Callable[[Any], Result]


KINDS: Mapping[str, Kind] = {
    "comparison": Kind(Comparison, _comparison_tree, _read_comparison),
    "sweep": Kind(Sweep, _whole_tree, _read_sweep),
    "ladder": Kind(Ladder, _whole_tree, _read_ladder),
    "run": Kind(Run, _run_tree, _read_run),
}
