"""Keys of what is done: nine bytes each, as often as it was done."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from concurrent_fetch.model import Request

_BUCKETS = 256


def key_of(asked: Any) -> int:
    """Return the fingerprint of a URL, or of all that is sent of a request, as 64 bits."""
    if isinstance(asked, Request):
        if not is_plain(asked):
            return key_of_bytes(_sent(asked))
        asked = asked.url
    text = asked if isinstance(asked, str) else repr(asked)
    return key_of_bytes(text.encode("utf-8", "surrogatepass"))


def key_told(request: Request) -> str | None:
    """Return the key as outcomes tell it, in hexadecimal; None where the URL says it all."""
    return None if is_plain(request) else f"{key_of(request):016x}"


def is_plain(asked: Any) -> bool:
    """Whether it is no more than a GET of a URL."""
    if not isinstance(asked, Request):
        return True
    return asked.method == "GET" and asked.body is None and not asked.headers


def key_of_bytes(data: bytes) -> int:
    """Return the fingerprint of bytes: of a URL as it stands in a file."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


class DoneKeys:
    """Keys, each as often as it was given; `take` uses one up."""

    def __init__(self, keys: Iterable[int] = ()) -> None:
        # Sorted in parts, since Python sorts no array in its place.
        buckets = [array("Q") for _ in range(_BUCKETS)]
        for key in keys:
            buckets[key >> 56].append(key)
        self._keys = array("Q")
        for number, bucket in enumerate(buckets):
            self._keys.extend(sorted(bucket))
            buckets[number] = array("Q")
        self._used = bytearray(len(self._keys))

    def __len__(self) -> int:
        return len(self._keys)

    def take(self, key: int) -> bool:
        """Return whether one of this key is left, and use it up."""
        keys, used = self._keys, self._used
        place = bisect_left(keys, key)
        if place == len(keys) or keys[place] != key:
            return False
        if used[place]:  # the used ones stand first
            end = bisect_right(keys, key, place)
            place = bisect_left(used, 1, place, end, key=_is_left)
            if place == end:
                return False
        used[place] = 1
        return True


def _is_left(used: int) -> int:
    return 1 - used


def _sent(request: Request) -> bytes:
    """Return what tells a request from others; not its tag, nor the boundary between its parts.

    Nor the order of its fields and the case of their names, which tell a server nothing.
    """
    body, url = request.body, request.url.encode("utf-8", "surrogatepass")
    fields = repr(sorted((name.lower(), value) for name, value in request.headers.fields)).encode()
    drawn = _BOUNDARY.search(request.headers.get("Content-Type", ""))
    if drawn and body is not None:  # anew each time that files are encoded
        boundary = drawn[1].encode()
        fields, body = fields.replace(boundary, b""), body.replace(b"--" + boundary, b"")
    parts = (request.method.encode(), url, fields, b"-" if body is None else b"+" + body)
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)


_BOUNDARY = re.compile(r"^multipart/form-data; boundary=([0-9a-f]{32})$")
"""As it is drawn at random; one of the user's own is a part of the request."""
