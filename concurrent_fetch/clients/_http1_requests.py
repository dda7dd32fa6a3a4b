"""HTTP/1.1 requests as bytes. All but the target is the same for one origin and one set of fields.

Source: RFC 9112, section 3.
"""

from collections.abc import Mapping
from typing import TypeAlias

from concurrent_fetch.fetch import Exchange
from concurrent_fetch.wire import told_to

_Fields: TypeAlias = Mapping[str, str]
_MOST = 1024  # origins of which the block is kept


class RequestWriter:
    """Writes the heads of requests, for all connections of a run."""

    __slots__ = ("_blocks", "_fields")

    def __init__(self) -> None:
        # Nearly always one mapping for a whole run; held here, so that no other takes its place.
        self._fields: _Fields | None = None
        self._blocks: dict[str, str] = {}  # by the origin, behind a proxy that is told of it

    def head_of(self, exchange: Exchange) -> bytes:
        """Return the request line and the fields."""
        if exchange.headers is not self._fields:
            self._fields, self._blocks = exchange.headers, {}
        target, url, proxy = exchange.target, exchange.target.url, exchange.proxy
        slash = url.index("/", 8)
        if proxy is None or url.startswith("https"):
            proxy, origin, where = None, url[:slash], url[slash:]
        else:
            origin, where = f"{proxy} {url[:slash]}", target.absolute_form
        block = self._blocks.get(origin)
        if block is None:
            if len(self._blocks) >= _MOST:
                self._blocks.clear()
            block = self._blocks[origin] = _block(target.authority, exchange.headers, proxy)
        return f"{exchange.method} {where}{block}".encode("latin-1")


def _block(authority: str, fields: _Fields, proxy: str | None) -> str:
    """Return what stands behind the target of a request."""
    host = {} if "host" in map(str.lower, fields) else {"Host": authority}
    credentials = {} if proxy is None else told_to(proxy, fields)
    lines = [f"{name}: {value}\r\n" for name, value in {**host, **fields, **credentials}.items()]
    return f" HTTP/1.1\r\n{''.join(lines)}\r\n"
