"""What a proxy is told of who asks it."""

from collections.abc import Mapping

from concurrent_fetch.http import proxy_origin

_NAME = "Proxy-Authorization"


def told_to(proxy: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the credentials in the URL of a proxy, unless the headers have some already."""
    authorization = proxy_origin(proxy).authorization
    if authorization is None or _NAME.lower() in map(str.lower, headers or ()):
        return {}
    return {_NAME: authorization}
