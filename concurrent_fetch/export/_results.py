"""Results as trees of JSON, and back: comparisons, sweeps, ladders and runs."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import attrs

from concurrent_fetch.analysis import Record, columns_of, interning
from concurrent_fetch.export._codec import (
    build,
    changes_tree,
    cleaned,
    fields_tree,
    read,
    read_changes,
    read_fields,
)
from concurrent_fetch.export._consistency import (
    check_comparison,
    check_ladder,
    check_run,
    check_sweep,
)
from concurrent_fetch.export._damage import check_keys, damage, entries, items, within
from concurrent_fetch.export._record_columns import Beside, ColumnsWriter, read_columns
from concurrent_fetch.export._view import Result
from concurrent_fetch.http import redact
from concurrent_fetch.model import Options, Run, check_outcome
from concurrent_fetch.results import Comparison, Ladder, Sweep

Tree: TypeAlias = dict[str, Any]


# --- out ---


def _comparison_tree(comparison: Comparison, writer: ColumnsWriter) -> Tree:
    also = _secret_params(comparison)

    def tree(record: Record) -> Tree:
        beside = _beside(record, comparison.urls, also, comparison.checks, comparison.reference)
        told = fields_tree(record, leave=("columns", "options"))
        told["options"] = changes_tree(record.options, comparison.options)
        return {**told, "columns": writer.write(record, beside)}

    told = fields_tree(comparison, leave=("urls", "checks", "records"))
    checks = {cleaned(name): tree(check) for name, check in comparison.checks.items()}
    records = [tree(record) for record in comparison.records]
    return {
        "urls": [redact(url, also) for url in comparison.urls],
        **told,
        "checks": checks,
        "records": records,
    }


def _secret_params(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of all parameters that one of its strategies holds secret."""
    options = {id(one): one for one in (record.options for record in comparison.records)}
    names = dict.fromkeys(comparison.options.secret_params)
    for one in options.values():
        names |= dict.fromkeys(one.secret_params)
    return tuple(names)


def _beside(
    record: Record,
    urls: Sequence[str],
    also: tuple[str, ...],
    checks: Mapping[str, Record],
    reference: str,
) -> Beside:
    """Return what a record may be told by: what stands before it in the file."""
    if record.round is not None:
        return Beside(urls, also, checks.get(record.strategy), checks.get(reference))
    mine = record.strategy == reference
    return Beside(urls, also, None, None if mine else checks.get(reference))


def _whole_tree(result: Sweep | Ladder, writer: ColumnsWriter) -> Tree:
    told = fields_tree(result, leave=("comparison",))
    return {**told, "comparison": _comparison_tree(result.comparison, writer)}


def _run_tree(run: Run, writer: ColumnsWriter) -> Tree:
    for outcome in run:
        check_outcome(outcome)
    urls, also = tuple(outcome.url for outcome in run), run.options.secret_params
    facts = {name: getattr(run, name) for name in _OF_BOTH}
    record = _record(facts, columns_of(run.outcomes, interning()))
    told = fields_tree(run, leave=("outcomes",))
    columns = writer.write(record, Beside(urls, also))
    return {"urls": [redact(url, also) for url in urls], **told, "columns": columns}


_OF_BOTH = ("strategy", "options", "started_at", "elapsed", "cpu")
"""What a run has of what a record has."""


def _record(facts: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]) -> Record:
    """Return the record of a run, which is outside of a comparison."""
    return Record(round=None, begun=0.0, outside=0, columns=columns, **facts)


# --- in ---


def _read_comparison(raw: Any, where: str = "") -> Comparison:
    facts = read_fields(Comparison, raw, where, leave=("checks", "records"))
    urls, names, intern = facts["urls"], facts["strategies"], interning()
    reference, checks = names[0] if names else "", dict[str, Record]()

    def record_at(raw: Any, at: str) -> Record:
        told = read_fields(Record, raw, at, leave=("columns", "options"))
        changes = read_changes(Options, told["options"], within(at, "options"))
        change = partial(attrs.evolve, facts["options"])
        told["options"] = build(change, changes, within(at, "options"))
        bare = Record(**{**told, "columns": {}})
        beside = _beside(bare, urls, (), checks, reference)
        columns = read_columns(told["columns"], beside, within(at, "columns"), intern)
        return attrs.evolve(bare, columns=columns)

    found_checks = entries(facts["checks"], within(where, "checks"))
    for name, item, at in sorted(found_checks, key=lambda entry: entry[0] != reference):
        checks[name] = record_at(item, at)
    records = tuple(record_at(*item) for item in items(facts["records"], within(where, "records")))
    found = Comparison(**{**facts, "checks": checks, "records": records})
    check_comparison(found, where)
    return found


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
    beside = ("urls", "columns")
    told = {"outcomes": None} | {key: item for key, item in raw.items() if key not in beside}
    facts = read_fields(Run, told, "", leave=("outcomes",))
    check_keys({key: raw[key] for key in beside if key in raw}, dict.fromkeys(beside), "")
    urls = read(tuple[str, ...], raw["urls"], "urls")
    columns = read_columns(raw["columns"], Beside(urls), "columns", interning())
    record = _record({name: facts[name] for name in _OF_BOTH}, columns)
    if not record.has_times:
        raise damage("columns.started", "a run tells when each of its fetches was started")
    run = build(record.run, {"urls": urls}, "")
    also = {name: facts[name] for name in ("waited_for_hosts", "advice", "skipped", "clock_error")}
    run = build(partial(attrs.evolve, run), also, "")
    check_run(run)
    return run


class Kind(NamedTuple):
    """How one kind of result becomes a tree, and comes back."""

    type: type
    tree: Callable[[Any, ColumnsWriter], Tree]
    read: Callable[[Any], Result]


KINDS: Mapping[str, Kind] = {
    "comparison": Kind(Comparison, _comparison_tree, _read_comparison),
    "sweep": Kind(Sweep, _whole_tree, _read_sweep),
    "ladder": Kind(Ladder, _whole_tree, _read_ladder),
    "run": Kind(Run, _run_tree, _read_run),
}
