"""What is said to who is turned away: 429 or 503, and when to come again."""

import math
import time

from concurrent_fetch._units import Seconds
from concurrent_fetch.server._reply import Reply

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(moment: Seconds) -> str:
    """Return a moment (seconds since 1970) as HTTP writes it, whatever the locale.

    >>> http_date(784111777.9)
    'Sun, 06 Nov 1994 08:49:37 GMT'
    """
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(moment)
    date = f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year}"
    return f"{date} {hour:02}:{minute:02}:{second:02} GMT"


def turned_away(
    status: int, why: str, retry_after: Seconds | None, now: Seconds | None = None
) -> Reply:
    """Return a reply of plain text with `Retry-After`, unless that is None.

    It says whole seconds, rounded up; with `now` (seconds since 1970) a date so much later than its
    `Date`, so that both forms say the same to who compares the two.
    """
    headers: tuple[tuple[str, str], ...] = ()
    if retry_after is not None:
        wait = math.ceil(retry_after)
        if now is None:
            headers = (("Retry-After", str(wait)),)
        else:
            sent = math.floor(now)
            headers = (("Date", http_date(sent)), ("Retry-After", http_date(sent + wait)))
    body = f"{why}\n".encode()
    return Reply(
        status=status, content_type="text/plain; charset=utf-8", headers=headers, body=body
    )
