"""What one Set-Cookie field says: a cookie, or none that this host may set.

Read by RFC 6265, section 5.2, and not by `http.cookiejar`, which on hostile fields deletes cookies
of other domains, warns of bugs of its own and takes quadratic time. Stricter than the RFC, as
browsers are: what is `Secure`, or says so by its name, must come over https (RFC 6265bis).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http.cookiejar import Cookie
from time import time

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch.http import CanonicalURL, resolve

_LONGEST = 4096  # what browsers keep (RFC 6265, section 6.1)
_LONGEST_LIFE = 400 * 24 * 3600  # RFC 6265bis, section 5.5
_WHOLE = re.compile("-?[0-9]+")
_DELIMITERS = re.compile("[\t -/;-@\\[-`{-~]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS_OF_DATE = {
    "time": re.compile("([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])"),
    "day": re.compile("([0-9]{1,2})(?![0-9])"),
    "month": re.compile("|".join(_MONTHS), re.IGNORECASE),
    "year": re.compile("([0-9]{2,4})(?![0-9])"),
}


def read_cookie(field: str, target: CanonicalURL) -> Cookie | None:
    """Return the cookie that a field of a response from `target` sets; None where it sets none."""
    pair, *attributes = field.split(";") if len(field) <= _LONGEST else [""]
    name, value = _halves(pair)
    said = {key.lower(): text for key, text in map(_halves, attributes)}
    domain, path = _domain(said.get("domain", ""), target), _path(said.get("path", ""), target)
    if not (domain and path and "=" in pair):
        return None
    if not _is_sendable(name, value) or not _is_safe(name, said, target):
        return None
    expires = _expires(said)
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=domain[0] == ".",
        domain_initial_dot=domain[0] == ".",
        path=path,
        path_specified=True,
        secure="secure" in said,
        expires=expires,
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest={},
    )


def host_in_jar(target: CanonicalURL) -> str:
    """Return the host as the jar is to know it: ports and a final dot tell no cookies apart.

    A dot stands behind what has none within: `http.cookiejar` would take `nas` for `nas.local`.
    """
    host = _host(target)
    if ":" in host:
        return f"{host.replace(':', '-')}.ipv6."
    return host if "." in host else f"{host}."


def _host(target: CanonicalURL) -> str:
    return target.host.removesuffix(".")


def _halves(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(" \t"), value.strip(" \t")


def _is_sendable(name: str, value: str) -> bool:
    """Whether all clients send it alike: in ASCII, which is all that RFC 6265 allows."""
    return bool(name) and (name + value).isascii() and (name + value).isprintable()


def _is_safe(name: str, said: Mapping[str, str], target: CanonicalURL) -> bool:
    """Whether it is as safe as it claims to be (RFC 6265bis, section 4.1.3)."""
    claim, is_secure = name.lower(), "secure" in said
    if is_secure and target.scheme != "https":
        return False
    if claim.startswith("__host-"):
        return is_secure and not said.get("domain") and said.get("path") == "/"
    return is_secure or not claim.startswith("__secure-")


def _domain(said: str, target: CanonicalURL) -> str | None:
    """Return whose the cookie is: the host's only, or a domain's, with a dot before it.

    None where the host is not of that domain. An address, and a name without dots, has no parts
    that others could share.
    """
    host, said = _host(target), said.lower().removeprefix(".")
    is_name = "." in host and not host.rpartition(".")[2].isdigit()
    if not said or (said.strip("[]") == host and not is_name):
        return host_in_jar(target)
    is_within = f".{host}".endswith(f".{said}")
    return f".{said}" if is_name and is_within and "." in said else None


def _path(said: str, target: CanonicalURL) -> str | None:
    """Return the path in the form in which URLs are sent; by default the folder of the URL."""
    if not said.startswith("/"):
        return target.origin_form.partition("?")[0].rpartition("/")[0] or "/"
    if "?" in said or "#" in said:  # no path of a URL begins like that
        return None
    try:
        return resolve(target, b"http://h" + said.encode("latin-1")).origin_form
    except Refusal:
        return None


def _expires(said: Mapping[str, str]) -> int | None:
    """Return when the cookie ends, in seconds of the clock; None: not before the fetch does."""
    seconds = said.get("max-age", "")
    if _WHOLE.fullmatch(seconds):
        return int(time()) + min(max(int(seconds), 0), _LONGEST_LIFE)
    return read_date(said.get("expires", ""))


def read_date(date: str) -> int | None:
    """Return a date as seconds since 1970; None where it is none (RFC 6265, section 5.1.1).

    Of each part the first that looks like it counts, in any order and between any delimiters.
    """
    found: dict[str, re.Match[str]] = {}
    for token in _DELIMITERS.split(date):
        for part, shape in _PARTS_OF_DATE.items():
            match = None if part in found else shape.match(token)
            if match is not None:
                found[part] = match
                break
    if len(found) < len(_PARTS_OF_DATE):
        return None
    day, year = int(found["day"][1]), int(found["year"][1])
    year += 0 if year > 99 else 1900 if year > 69 else 2000
    month = 1 + _MONTHS.index(found["month"][0].lower())
    hour, minute, second = map(int, found["time"].groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) if year > 1600 else None
