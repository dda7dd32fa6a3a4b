"""What the routes send: fixed documents, and bodies of any size that their request determines."""

import functools
import hashlib
from collections.abc import Iterator
from typing import Any

from concurrent_fetch._units import Bytes

BLOCK: Bytes = 65_536

HTML = b"""<!DOCTYPE html>
<html>
  <head><title>A page</title></head>
  <body>
    <h1>A page</h1>
    <p>Every request for it gets the same bytes.</p>
  </body>
</html>
"""

UTF8 = """<!DOCTYPE html>
<h1>Unicode</h1>
<pre>
Mathematics: \u2200x\u2208\u211d: \u2308x\u2309 = \u2212\u230a\u2212x\u230b, \u222e E\u00b7da = Q
Latin: Gr\u00fc\u00dfe, \u00e7a va, \u00e5ngstr\u00f6m, na\u00efve
Greek: \u03c4\u1f70 \u03c0\u03ac\u03bd\u03c4\u03b1 \u1fe5\u03b5\u1fd6
Cyrillic: \u043f\u0440\u0438\u0432\u0435\u0442
Japanese: \u3053\u3093\u306b\u3061\u306f
Beyond the basic plane: \U0001f680
</pre>
""".encode()

ROBOTS = b"User-agent: *\nDisallow: /deny\n"

SLIDESHOW: dict[str, Any] = {
    "slideshow": {
        "author": "Yours Truly",
        "date": "date of publication",
        "slides": [
            {"title": "Wake up to WonderWidgets!", "type": "all"},
            {
                "items": ["Why <em>WonderWidgets</em> are great", "Who <em>buys</em> them"],
                "title": "Overview",
                "type": "all",
            },
        ],
        "title": "Sample Slide Show",
    }
}


@functools.lru_cache(maxsize=256)
def block(size: Bytes, seed: str) -> bytes:
    """Return the bytes that a body of this size repeats: the whole of a small one."""
    return hashlib.shake_128(f"{seed}:{size}".encode()).digest(min(size, BLOCK))


def pieces(size: Bytes, seed: str, each: Bytes) -> Iterator[bytes]:
    """Yield a body of `size` bytes in pieces of `each`, the last one shorter."""
    repeated = block(size, seed)
    if repeated:
        repeated *= each // len(repeated) + 2
    for start in range(0, size, each):
        offset = start % BLOCK
        yield repeated[offset : offset + min(each, size - start)]


def bytes_of(size: Bytes, seed: str = "0") -> bytes:
    """Return the body that `/bytes/<size>` and `/stream-bytes/<size>` send, with `?seed=<seed>`.

    Without a seed it is that of seed 0; but `/bytes/<size>?i=<index>` sends a text, see
    `LocalServer.urls`.
    """
    return b"".join(pieces(size, seed, BLOCK))


_WORDS = "Grüße, καλημέρα, привет, こんにちは, \U0001f680.\n".encode()


def text_pieces(size: Bytes, index: int) -> Iterator[bytes]:
    """Yield the text that `/bytes/<size>?i=<index>` sends, block by block."""
    yield text(min(size, BLOCK), index)
    for start in range(BLOCK, size, BLOCK):
        yield _words(min(BLOCK, size - start))


@functools.lru_cache(maxsize=256)
def text(size: Bytes, index: int) -> bytes:
    """Return such a text of at most a block, no character cut in two.

    Its first line names the index, so each index has another text; where that line does not fit,
    the text is the last digits of the index.
    """
    line = b"i=%d\n" % index
    if len(line) <= size:
        return line + _words(size - len(line))
    return str(index).zfill(size)[-size:].encode() if size else b""


@functools.lru_cache(maxsize=64)
def _words(size: Bytes) -> bytes:
    """Return UTF-8 of just this size: whole characters, and full stops for what is left."""
    cut = (_WORDS * (size // len(_WORDS) + 1))[:size]
    return cut.decode(errors="ignore").encode().ljust(size, b".")
