"""Witnessed: what was seen of a run from outside, whatever the strategy says."""

import attrs

from concurrent_fetch._units import Bytes


@attrs.frozen(kw_only=True)
class Witnessed:
    """What came by while a strategy ran; None for what nobody counted."""

    servers: tuple[str, ...] = ()
    """The servers that count, by host and port as they stand in URLs: those of this process."""
    gets: int | None = None
    """Requests to get something that reached them."""
    requests: int | None = None
    """Those, and requests of all other methods."""
    sent: Bytes | None = None
    """What they answered, heads included."""
    early: int | None = None
    """Requests that reached them since the run before, in which nothing ran."""
    octets: Bytes | None = None
    """What entered this machine, or this container, whoever it was for, by the system's count."""
    away: bool = False
    """Whether it may have been fetched by another machine, whose bytes are not seen here."""
