"""How often a URL was tried in vain."""

from concurrent_fetch.server._request import Request


class Tries:
    """The tries of each URL that were answered 503: its host's name, path and query.

    One number per URL is kept until the reset.
    """

    def __init__(self) -> None:
        self._in_vain: dict[tuple[str, str], int] = {}

    def in_vain(self, request: Request, first: int) -> bool:
        """Whether this is one of the first tries of its URL; count it if so."""
        url = (request.host, request.target)
        before = self._in_vain.get(url, 0)
        if before >= first:
            return False
        self._in_vain[url] = before + 1
        return True
