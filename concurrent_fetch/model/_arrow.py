"""Columns as an Arrow stream, through the optional package nanoarrow.

Each name has one type, whatever its values: an empty run has the schema of every other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from concurrent_fetch._files import without_surrogates

_TYPES = {
    "int64": (
        *("index", "status_code", "redirects", "size", "wire_size", "attempts", "tries"),
        *("round", "concurrency"),
    ),
    "float64": (
        *("started", "sent", "first_byte", "finished", "elapsed"),
        *("elapsed_in_all", "waited"),
        *("typical", "speedup", "low", "high", "requests_per_second", "in_flight", "latency"),
        *("cpu", "by_concurrency", "by_cpu", "by_server"),
    ),
    "bool_": ("ok", "reused", "recommended"),
    "large_string": (
        *("url", "kind", "message", "error", "final_url", "digest", "http_version", "worker"),
        *("host", "method", "tag", "key", "content_type", "at", "sink"),
        *("strategy", "limit", "change"),
    ),
}
TYPE_OF = {name: kind for kind, names in _TYPES.items() for name in names}
"""The type of each column, by nanoarrow's name for it."""


def stream_of(columns: Mapping[str, Sequence[Any]], requested_schema: object = None) -> object:
    r"""Return the columns as the capsule of an Arrow stream of one batch; None is null.

    A lone surrogate, which Arrow cannot hold, stands as the six characters `\udc80`.

    Raises:
        ImportError: nanoarrow is not installed.
    """
    # A request is met as well as the producer can: the types stay, and the consumer casts.
    del requested_schema
    try:
        import nanoarrow  # noqa: PLC0415 - optional
        from nanoarrow.c_array_stream import CArrayStream  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ImportError(
            "a result as an Arrow stream needs the package nanoarrow: "
            'pip install "concurrent_fetch[arrow]"; or hand on what to_columns() returns, which '
            "pandas, polars and pyarrow take too"
        ) from error
    types = {name: getattr(nanoarrow, TYPE_OF[name])() for name in columns}
    batch = nanoarrow.c_array_from_buffers(
        nanoarrow.struct(types),
        length=max(map(len, columns.values()), default=0),
        buffers=[None],
        children=[
            nanoarrow.c_array(map(_text if name == "tag" else _value, values), types[name])
            for name, values in columns.items()
        ],
    )
    capsule: object = CArrayStream.from_c_arrays([batch], batch.schema).__arrow_c_stream__()
    return capsule


def _text(value: Any) -> Any:
    """A tag may be a number in one row and a text in another; a column has one type."""
    return None if value is None else _value(str(value))


def _value(value: Any) -> Any:
    return without_surrogates(value) if isinstance(value, str) else value
