"""Names that users type: what they may have meant."""

from collections.abc import Iterable


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the nearest of the names; empty if none is near.

    >>> did_you_mean("reqests", ["aiohttp", "requests"])
    " (did you mean 'requests'?)"
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only messages need it

    close = get_close_matches(name, list(names), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
