"""Opening a connection, whoever moves the bytes: its failure, and the tunnel of a proxy."""

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import Reader
from concurrent_fetch.wire import tls_name, told_to


class NotConnectedError(Exception):
    """No connection came about; its cause says why."""


FAILURES: dict[type[BaseException], FailureKind] = {NotConnectedError: FailureKind.CONNECT}


class Tunnel:
    """Asks a proxy to connect us to the server (RFC 9110, 9.3.6)."""

    def __init__(self, exchange: Exchange) -> None:
        target = exchange.target
        host = f"[{target.host}]" if ":" in target.host else tls_name(target.host)
        fields = {"Host": f"{host}:{target.port}", **told_to(exchange.proxy or "")}
        lines = [f"CONNECT {host}:{target.port} HTTP/1.1", *map(": ".join, fields.items())]
        self.request: bytes = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
        """What is to be written."""
        self._reader = Reader(opens_tunnel=True)

    def feed(self, data: bytes) -> bool:
        """Take what the proxy says; return whether the tunnel is open.

        Raises `Refusal` if it opens none.
        """
        self._reader.feed(data)
        if self._reader.refusal is not None:
            raise self._reader.refusal
        return self._reader.is_whole
