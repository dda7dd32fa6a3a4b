"""The fetches of a comparison as columns: a row for each timed fetch of each strategy."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from concurrent_fetch.analysis import Record


def fetches_of(records: Iterable[Record], urls: Sequence[str]) -> dict[str, list[Any]]:
    """Return `strategy` and `round`, then what `Run.to_columns` has."""
    columns = defaultdict[str, list[Any]](list)
    for record in records:
        columns["strategy"] += [record.strategy] * len(urls)
        columns["round"] += [record.round] * len(urls)
        for name, values in record.to_columns(urls).items():
            columns[name] += values
    return dict(columns)
