"""The versions of the JSON format, and how older files become files of this version."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = dict[str, Any]
Upgrade: TypeAlias = Callable[[Tree], Tree]

VERSION = 2
"""The version that is written.

1: a tree with the names of the classes' fields; every column of a record is a list.
2: a column may have one of the short forms that `_packing` lists; the options of a record are only
   those that are not as in the whole comparison.
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


UPGRADES: Mapping[int, Upgrade] = {1: _options_as_changes}
"""What makes a file of a version one of the next version.

An upgrade is given what has not been checked yet: it leaves alone what it does not understand.
"""
