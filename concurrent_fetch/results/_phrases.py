"""Phrases: ratios, and what is wrong with a strategy, as one would say them to a student.

Columns hold speed-ups, which fall below 1 where something is slower. In a sentence such a ratio is
turned: `13.6× slower`, never `0.073× as fast`; and `2% slower` where the ratio would be near 1.
"""

from collections.abc import Sequence

from concurrent_fetch.analysis import Why
from concurrent_fetch.render import interval, percent, ratio
from concurrent_fetch.stats import Estimate, inverse, is_told
from concurrent_fetch.words import visible

_IN_PERCENT = 1.095
"""Below it two decimals of a ratio are hard to hear, and `1.02× slower` sounds like twice."""

_FEW = ("one", "two", "three", "four")

CURE = (
    "await an async client (aiohttp, httpx.AsyncClient), wrap the call in asyncio.to_thread, or "
    "use fetch_threaded"
)
"""What helps where an event loop is blocked; more in flight does not."""


def slower(times: float) -> str:
    """Return how much slower: takes so many times as long.

    >>> slower(1.02), slower(13.6)
    ('2% slower', '13.6× slower')
    """
    return f"{_much(times, times)} slower"


def behind(lead: Estimate, whom: str, *, is_sure: bool = True) -> str:
    """Return by how much a strategy is behind another, whose speed-up over it is `lead`."""
    low, high = (_much(end, lead.point) for end in (lead.low, lead.high))
    sure = f" (95% sure: {low} to {high})" if is_sure else ""
    return f"{slower(lead.point)} than {whom}{sure}"


def gain(estimate: Estimate, whom: str = "", *, short: bool = False) -> str:
    """Return a speed-up over somebody; `short`: after another one that says over whom."""
    if estimate.low >= 1 or short:
        than = "" if short else f" as fast{f' as {whom}' if whom else ''}"
        low, high = ratio(estimate.low), ratio(estimate.high)
        return f"{ratio(estimate.point)}{than} (95% sure: {low} to {high})"
    sure = f"95% sure: between {_either(estimate.low)} and {_either(estimate.high)}"
    return f"{_either(estimate.point, whom)} ({sure})"


def short_gain(estimate: Estimate, whom: str = "") -> str:
    """Return a speed-up as a picture wants it: `4.0× as fast [3.9, 4.1]`, `2.0× slower [1.9, 2.2]`.

    Without an interval where there is none.
    """
    is_behind = estimate.point < 0.995
    one = inverse(estimate) if is_behind else estimate
    than = f" {'than' if is_behind else 'as'} {whom}" if whom else ""
    words = "slower" if is_behind else "as fast"
    bounds = f" {interval(one.low, one.high)}" if is_told(estimate) else ""
    return f"{ratio(one.point)} {words}{than}{bounds}"


def changed(times: float, less: str) -> str:
    """Return a change; `less` is said of one that is turned: `1.09×`, `4.0× shorter`."""
    return ratio(times) if not 0 < times < 0.995 else f"{_much(1 / times, 1 / times)} {less}"


def blocked(whys: Sequence[Why]) -> str:
    """Say how much of the time the event loops of these were blocked, and where one was."""
    probes = [why.probe for why in whys if why.probe and why.probe.blocked is not None]
    shares = [probe.blocked or 0.0 for probe in probes]
    least, most = percent(min(shares)), percent(max(shares))
    place = next((probe.blocked_in for probe in probes if probe.blocked_in), None)
    span = least if least == most else f"{least} to {most}"
    return f"blocked {span} of the time{f', in {visible(place)}' if place else ''}"


def cores(count: int) -> str:
    """Return so many cores, in a word where they are few."""
    return f"{_FEW[count - 1] if count <= len(_FEW) else count} core{'s' * (count > 1)}"


def _either(x: float, whom: str = "") -> str:
    if x >= 0.995:
        return f"{ratio(x)} as fast{f' as {whom}' if whom else ''}"
    return f"{slower(1 / x)}{f' than {whom}' if whom else ''}" if x else "infinitely slower"


def _much(times: float, typical: float) -> str:
    if typical < _IN_PERCENT:
        return percent(times - 1)
    # So that the reader sees on which side of 1 an end lies.
    decimals = next((d for d in (2, 3, 4) if round(times, d) != 1), 2)
    return ratio(times) if decimals == 2 else f"{times:.{decimals}f}×"
