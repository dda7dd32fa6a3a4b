"""Step: one change between two strategies of a ladder, and what it brought."""

import attrs

from concurrent_fetch.stats import Estimate


@attrs.frozen(kw_only=True)
class Step:
    """One change, and what it brought."""

    name: str
    """What changed: `reuse`, `threads`, `event loop`, or the client, as in `client aiohttp`."""
    before: str
    """The strategy without it."""
    after: str
    """The strategy with it."""
    speedup: Estimate | None
    """Of `after` over `before`; None where the two cannot be compared."""
    reasons: tuple[str, ...]
    """Why they cannot be compared; empty if they can."""
