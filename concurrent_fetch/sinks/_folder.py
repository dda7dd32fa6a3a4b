"""Folder: each body becomes a file, whole or not at all."""

import contextlib
import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

import attrs

from concurrent_fetch.model import Response
from concurrent_fetch.words import described

# The system's own table differs from machine to machine, and takes long to read.
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".xhtml",
    "text/plain": ".txt",
    "text/css": ".css",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "text/calendar": ".ics",
    "text/javascript": ".js",
    "application/javascript": ".js",
    "application/x-javascript": ".js",
    "application/json": ".json",
    "application/ld+json": ".jsonld",
    "application/geo+json": ".geojson",
    "application/x-ndjson": ".ndjson",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "application/rss+xml": ".rss",
    "application/atom+xml": ".atom",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "application/x-gzip": ".gz",
    "application/x-tar": ".tar",
    "application/epub+zip": ".epub",
    "application/wasm": ".wasm",
    "application/vnd.apache.parquet": ".parquet",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/x-icon": ".ico",
    "image/vnd.microsoft.icon": ".ico",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "font/woff2": ".woff2",
}


def _as_path(value: Any) -> Path:
    if not isinstance(value, (str, os.PathLike)) or isinstance(os.fspath(value), bytes):
        raise TypeError(f"Folder.path must be a str or a Path, got {type(value).__name__}")
    if os.fspath(value) == "":
        raise ValueError("Folder.path must name a folder, got ''; write '.' for the current one")
    return Path(value)


@described
@attrs.frozen
class Folder:
    """A sink: each body becomes a file in a folder, written as it arrives.

    `Options(sink=Folder("pages"))`. The file is `pages/ab/ab0123456789cdef.html`: named by a
    fingerprint of the URL (BLAKE2b of 8 bytes) and the content type, never by what stands in the
    URL. It is written beside as `.part` and renamed when it is whole, so no half file has its name.
    `Response.sink` is its path. Of a `Request` the fingerprint is `Response.key`: of method, URL,
    headers and body. What is fetched again replaces its file. Bodies of all statuses are kept. The
    folder is made when the first body comes. A process that is killed may leave `.part` files,
    which nothing reads again.

    Raises:
        TypeError, ValueError: it is no path.
    """

    path: Path = attrs.field(converter=_as_path)
    """The folder, there or not; what is no absolute path begins where the program runs."""

    def open(self, response: Response) -> "_File":
        """Begin the file of a response."""
        return _File(self._target(response))

    def _target(self, response: Response) -> Path:
        url = response.url.encode("utf-8", "surrogatepass")
        key = response.key or blake2b(url, digest_size=8).hexdigest()
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return self.path / key[:2] / f"{key}{_SUFFIXES.get(kind, '')}"


class _File:
    """One body on its way into its file."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(f".{target.name}.{os.urandom(6).hex()}.part")
        try:
            self._file = self._part.open("xb", buffering=0)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("xb", buffering=0)

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        rest = memoryview(piece)
        while rest:  # a raw file may take less than all
            rest = rest[self._file.write(rest) :]

    def commit(self, _response: Response) -> str:
        """Give the file its name; return where it is."""
        self._file.close()
        self._part.replace(self._target)
        return str(self._target)

    def discard(self) -> None:
        """Take the file away."""
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            self._part.unlink()
