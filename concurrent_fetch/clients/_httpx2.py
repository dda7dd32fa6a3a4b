"""httpx2, which continues httpx with a mended pool, in both colours."""

from concurrent_fetch.clients._httpcore import Library
from concurrent_fetch.clients._httpx import clients_on

try:
    import httpcore2
    import httpx2
except ImportError as error:
    raise ImportError(
        "client 'httpx2' needs the package httpx2: pip install \"concurrent_fetch[httpx2]\"; "
        "client 'httpx' does without"
    ) from error

HTTPX2 = Library("httpx2", httpx2, httpcore2)

httpx2_client, httpx2_async_client = clients_on(HTTPX2)
"""As those of httpx; see there."""
