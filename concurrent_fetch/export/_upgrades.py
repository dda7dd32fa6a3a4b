"""The versions of the JSON format, and how older files become files of this version."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = dict[str, Any]
Upgrade: TypeAlias = Callable[[Tree], Tree]

VERSION = 4
"""The version that is written.

1: a tree with the names of the classes' fields; every column of a record is a list.
2: a column may have one of the short forms that `_packing` lists; the options of a record are only
   those that are not as in the whole comparison.
3: a record may hold fetches of which only a part is known, and says so: `unread`, `ordered`, and
   the columns `length` and `characters`.
4: a comparison says when its next verdict is due, `next_look`, if it was saved while it ran. Timed
   runs have digests, and a column may be as another one but for some places; a card may tell what
   digests cost, and what others did with the machine, `in_rounds`; a probe, how long threads waited
   for a core, `starved`, and how much of the CPU time was others'; a record may say what was seen
   of it from outside, `witnessed`; a comparison what was `tried` after its rounds, and what was
   fetched `alone`.
"""


def _options_as_changes(raw: Tree) -> Tree:
    """Leave out of each record's options what is as in the comparison's; lists remain columns."""
    if isinstance(raw.get("comparison"), dict):
        return {**raw, "comparison": _options_as_changes(raw["comparison"])}
    if not isinstance(options := raw.get("options"), dict):
        return raw
    found = dict(raw)
    if isinstance(checks := raw.get("checks"), dict):
        found["checks"] = {name: _changed(record, options) for name, record in checks.items()}
    if isinstance(records := raw.get("records"), list):
        found["records"] = [_changed(record, options) for record in records]
    return found


def _changed(record: Any, base: Tree) -> Any:
    if not isinstance(record, dict) or not isinstance(options := record.get("options"), dict):
        return record
    missing = object()
    changes = {k: value for k, value in options.items() if base.get(k, missing) != value}
    return {**record, "options": changes}


def _records_of_outcomes(raw: Tree) -> Tree:
    """Say of each record that all its fetches are outcomes, as they always were."""
    if isinstance(raw.get("comparison"), dict):
        return {**raw, "comparison": _records_of_outcomes(raw["comparison"])}
    found = dict(raw)
    if isinstance(checks := raw.get("checks"), dict):
        found["checks"] = {name: _of_outcomes(record) for name, record in checks.items()}
    if isinstance(records := raw.get("records"), list):
        found["records"] = [_of_outcomes(record) for record in records]
    if isinstance(columns := raw.get("columns"), dict):  # of a run
        found["columns"] = _without_lengths(columns)
    return found


def _of_outcomes(record: Any) -> Any:
    if not isinstance(record, dict):
        return record
    columns = record.get("columns")
    told = {"columns": _without_lengths(columns)} if isinstance(columns, dict) else {}
    return {**record, "unread": 0, "ordered": True, **told}


def _without_lengths(columns: Tree) -> Tree:
    return {**columns, "length": {"all": None}, "characters": {"all": None}}


def _with_next_look(raw: Tree) -> Tree:
    """Say of a comparison when its next verdict is due: one that was over bears no such note.

    What the note advised was that its verdicts hold as far as they go: they do at a look alone.
    """
    if isinstance(raw.get("comparison"), dict):
        return {**raw, "comparison": _with_next_look(raw["comparison"])}
    looks, order, notes = (raw.get(name) for name in ("looks", "order", "notes"))
    if not (isinstance(looks, list) and isinstance(order, list) and isinstance(notes, list)):
        return {**raw, "next_look": None} if "looks" in raw else raw
    coming = [look for look in looks if isinstance(look, int) and look > len(order)]
    if not any(map(_is_on_unfinished, notes)):
        return {**raw, "next_look": None}
    past = [look for look in looks if isinstance(look, int) and look <= len(order)]
    next_look, advice = min(coming, default=None), _on_verdicts(past, coming)
    told = [{**note, "advice": advice} if _is_on_unfinished(note) else note for note in notes]
    return {**raw, "next_look": next_look, "notes": told}


def _is_on_unfinished(note: Any) -> bool:
    """Whether a note says that a comparison was saved while it was running."""
    return isinstance(note, dict) and str(note.get("fact")).startswith("saved while it was running")


def _on_verdicts(past: list[int], coming: list[int]) -> str:
    """Return what version 4 advises, in its own words, which stay as they were then."""
    if not coming:
        return "its verdicts hold; only its last runs, with probes, are missing"
    due = f"the next look is after round {min(coming)}, or where its time is up"
    if not past:
        return f"there is no verdict yet: {due}"
    return f"its verdicts are those of round {max(past)}: {due}"


UPGRADES: Mapping[int, Upgrade] = {
    1: _options_as_changes,
    2: _records_of_outcomes,
    3: _with_next_look,
}
"""What makes a file of a version one of the next version.

An upgrade is given what has not been checked yet: it leaves alone what it does not understand.
"""
