"""Numbers as people read them: few digits, a unit that fits, one look everywhere.

What is missing, `None` or not a number, is a dash; what is infinite is `∞`. Units stand after a
space (`253 ms`), signs directly at the number (`8.1×`, `62%`).
"""

import math
from collections.abc import Callable
from functools import wraps

from concurrent_fetch._units import Bytes, Seconds

MISSING = "–"

_UNITS_OF_TIME = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_WHOLE = {"µs", "ns"}  # no clock around a fetch tells more
_UNITS_OF_SIZE = ("B", "KiB", "MiB", "GiB", "TiB")


def _or_dash(form: Callable[[float], str]) -> Callable[[float | None], str]:
    @wraps(form)
    def shown(x: float | None) -> str:
        return MISSING if x is None or math.isnan(x) else form(x)

    return shown


@_or_dash
def seconds(x: Seconds) -> str:
    """Return a time with three significant digits: `2.05 s`, `253 ms`, `16.2 ms`, `84 µs`.

    Microseconds and nanoseconds are whole; seconds are never shortened: `1,234 s`.
    """
    if x == 0 or math.isinf(x):
        return f"{_number(x)} s"
    scale, unit = _unit_of(x)
    decimals = 0 if unit in _WHOLE else max(0, 2 - _exponent(x / scale, 3))
    return f"{x / scale:,.{decimals}f} {unit}"


def moment(x: Seconds, longest: Seconds) -> str:
    """Return a round time on an axis up to `longest`: `0 ms`, `200 ms`; all in one unit."""
    scale, unit = _unit_of(longest)
    return f"{x / scale:,.10g} {unit}"


def _unit_of(x: Seconds) -> tuple[float, str]:
    """Return the unit of a time that is shown with three digits, and how long it is."""
    rounded = abs(float(f"{x:.2e}"))
    return next((u for u in _UNITS_OF_TIME if rounded >= u[0]), _UNITS_OF_TIME[-1])


def or_missing(text: str | None) -> str:
    """Return a text; a dash where there is none."""
    return MISSING if text is None else text


@_or_dash
def average(x: float) -> str:
    """Return a mean number of things: `13.1`, `0.3`."""
    return f"{x:.1f}"


def ratio(x: float | None, low: float = 1.0, high: float = 1.0) -> str:
    """Return a ratio: `0.93×`, `1.07×`, `8.1×`, `12.3×`, `123×`.

    Two decimals up to 2, where a difference of 2 % decides; from there one, and none from 100 on.
    What is beyond all measure has one digit and its power of ten: `1e+150×`. With an interval that
    leaves 1 out it is never `1.00×` but `1.004×`, say.
    """
    if x is None or math.isnan(x):
        return MISSING
    return f"{_ratio_number(x, 2) if low <= 1 <= high else _bound(x)}×"


def interval(low: float, high: float) -> str:
    """Return the interval of a ratio: `[7.6, 8.6]`, `[0.99, 1.16]`, `[0, ∞]`.

    An end that two decimals would round to 1 gets up to four, so that the reader sees on which
    side of 1 it lies: `[1.002, 1.05]`.
    """
    return f"[{_bound(low)}, {_bound(high)}]"


@_or_dash
def percent(x: float) -> str:
    """Return a fraction in whole percent: `62%`; part of one is never none: `<1%`, `>99%`."""
    if 0 < x < 0.005:
        return "<1%"
    if 0.995 <= x < 1:
        return ">99%"
    hundredths = x * 100
    return f"{_infinite(x)}%" if math.isinf(hundredths) else f"{hundredths:,.0f}%"


def size(n: Bytes | None) -> str:
    """Return an amount of memory: `512 B`, `1.0 KiB`, `12.3 MiB`, `100 MiB`; 1 KiB is 1024 B."""
    if n is None or abs(n) < 1024:
        return MISSING if n is None else f"{n} B"
    power = next((p for p in (1, 2, 3) if round(abs(n) / 1024**p) < 1024), 4)
    return f"{_number(n / 1024**power)} {_UNITS_OF_SIZE[power]}"


@_or_dash
def rate(x: float) -> str:
    """Return how many per second, without the unit: `0.52`, `8.1`, `46.2`, `847`, `1,478`."""
    return _number(x)


def many(n: int, what: str) -> str:
    """Return a number of things: `1 URL`, `1,234 URLs`, `2 fetches`."""
    ending = "es" if what.endswith("ch") else "s"
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}{ending}"


def _number(x: float) -> str:
    """Two significant digits below 1, one decimal below 100, no decimals from there on."""
    if x == 0 or math.isinf(x):
        return "0" if x == 0 else _infinite(x)
    if abs(x) < 0.995:
        return f"{x:.{1 - _exponent(x, 2)}f}"
    return f"{x:.1f}" if abs(x) < 99.95 else f"{x:,.0f}"


def _ratio_number(x: float, decimals: int) -> str:
    if not 1e-6 < x < 1e9 and 0 < x < math.inf:  # nobody counts so many digits
        return f"{x:.0e}"
    return f"{x:.{decimals}f}" if 0.995 <= x < 1.995 else _number(x)


def _bound(x: float) -> str:
    return _ratio_number(x, next((d for d in (2, 3, 4) if round(x, d) != 1), 2))


def _infinite(x: float) -> str:
    return "∞" if x > 0 else "-∞"


def _exponent(x: float, digits: int) -> int:
    """Return the power of ten of `x` once it is rounded to that many significant digits."""
    return int(f"{x:.{digits - 1}e}".partition("e")[2])
