"""The body of a request, made of what it stands for, as requests makes it."""

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from typing import Any

from concurrent_fetch.http import Headers


def encoded(headers: Headers, *, json: Any, data: Any, files: Any) -> tuple[bytes, Headers]:
    """Return a body, and the header fields with its `Content-Type`, unless they have one.

    Raises:
        TypeError, ValueError: it cannot be made.
    """
    from requests.models import PreparedRequest  # noqa: PLC0415 - the library that encodes it
    from requests.structures import CaseInsensitiveDict  # noqa: PLC0415 - the same

    if json is not None and (data is not None or files is not None):
        raise TypeError("a Request takes json, or data and files, and not both")
    data = _checked_data(data)
    _check_files(files)
    if files and "content-type" in headers:
        raise ValueError(
            "Request.headers: leave Content-Type out where files are: it needs the boundary, which "
            "is made with the body"
        )
    prepared = PreparedRequest()
    prepared.headers = CaseInsensitiveDict()
    try:
        prepared.prepare_body(data, files, json)
    except Exception as error:
        raise (
            type(error)(f"Request: {error}")
            if type(error) in {TypeError, ValueError}
            else (ValueError(f"Request: the body cannot be made: {error}"))
        ) from error
    body: Any = prepared.body
    if isinstance(body, str) or body is None:
        body = (body or "").encode()
    if not isinstance(body, bytes):
        raise TypeError(
            f"Request.data must be there as a whole, got {type(data).__name__}; write "
            "data=file.read()"
        )
    kind = prepared.headers.get("Content-Type")
    if kind is None or "content-type" in headers:
        return body, headers
    return body, Headers.from_fields([*headers.fields, ("Content-Type", kind)])


def _checked_data(data: Any) -> Any:
    """Return what requests can encode."""
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    is_one = data is None or isinstance(data, Iterable) or hasattr(data, "read")
    if is_one and not (isinstance(data, (list, tuple)) and not all(map(_is_pair, data))):
        return data
    raise TypeError(
        "Request.data must be a mapping of names to values, pairs of these, str or bytes, got "
        f"{type(data).__name__}; write data={{'name': 'value'}}, or json=... for JSON"
    )


def _check_files(files: Any) -> None:
    """Refuse what requests would take for a part, or fail on in words of its own."""
    if files is None:
        return
    for name, part in _parts(files):
        content = part[1] if isinstance(part, (tuple, list)) and 2 <= len(part) <= 4 else part
        if isinstance(content, PathLike):
            raise TypeError(
                f"Request.files[{name!r}] must be the content of a file, got "
                f"{type(content).__name__}; write files={{{name!r}: open(path, 'rb')}}"
            )
        is_content = content is None or isinstance(content, (str, bytes, bytearray))
        if not (is_content or hasattr(content, "read")):
            raise TypeError(
                f"Request.files[{name!r}] must be an open file, bytes or str, or a tuple of a name "
                f"and one of these, got {type(part).__name__}; write "
                f"files={{{name!r}: open(path, 'rb')}}"
            )


def _parts(files: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(files, Mapping):
        yield from files.items()
        return
    if not isinstance(files, (list, tuple)):
        raise _no_files(files)
    for pair in files:
        if not (_is_pair(pair) and isinstance(pair[0], str)):
            raise _no_files(files)
        yield pair[0], pair[1]


def _is_pair(value: object) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _no_files(files: object) -> TypeError:
    return TypeError(
        "Request.files must be a mapping of names to files, or a list of pairs of these, got "
        f"{type(files).__name__}; write files={{'f': open(path, 'rb')}}"
    )
