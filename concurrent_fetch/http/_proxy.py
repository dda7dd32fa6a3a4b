"""The URL of a proxy: which there may be, and what a client needs to know of it.

Messages show nothing of the URL but a scheme from a list: it may hold a password anywhere.
"""

import re
from functools import lru_cache

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.http._url import CanonicalURL, canonicalize

# The only ones named in a message: before "://" there may stand a piece of a mistyped password.
_UNSUPPORTED = frozenset({"https", "socks", "socks4", "socks4a", "socks5", "socks5h"})
_BEHIND_ORIGIN = re.compile("[?#]")


@lru_cache(64)  # a run has one or two, and each request asks
def proxy_origin(url: str, named_by: str = "the proxy") -> CanonicalURL:
    """Return where the proxy is, and as `authorization` what it is to be told, in UTF-8.

    The scheme may lack. Raises `Refusal` of kind `connect` for what no client could use; `named_by`
    says where it stands.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else "http"
    if scheme in _UNSUPPORTED:
        raise Refusal(
            FailureKind.CONNECT,
            f"a proxy at {scheme}:// is not supported ({named_by}); use one at http://",
        )
    try:
        origin = canonicalize(url if "://" in url else f"http://{url}")
    except Refusal:
        origin = None
    if origin is None or origin.origin_form != "/" or _BEHIND_ORIGIN.search(url):
        raise Refusal(
            FailureKind.CONNECT,
            f"{named_by} is malformed; write http://host:port or http://user:password@host:port "
            "with special characters percent-encoded",
        )
    return origin
