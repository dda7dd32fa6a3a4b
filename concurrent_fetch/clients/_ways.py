"""The way to a server: what leads there can serve all that goes the same way."""

from concurrent_fetch.fetch import Exchange


def way_of(exchange: Exchange) -> str:
    """Return where a connection leads to: to an origin, by a proxy if there is one.

    A proxy forwards to any origin on one connection.
    """
    url = exchange.target.url
    if exchange.proxy is None:
        return url[: url.index("/", 8)]
    if url.startswith("https"):
        return f"{exchange.proxy} {url[: url.index('/', 8)]}"
    return exchange.proxy
