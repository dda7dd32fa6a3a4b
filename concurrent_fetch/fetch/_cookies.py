"""Cookies within one fetch: what its redirects set on the way, and where each of them is sent.

`http.cookiejar` keeps them and judges where they belong; what a field says is read beside it. This
file is imported when the first cookie is set on the way: few fetches need it, all would pay.
"""

from collections.abc import Iterable
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from urllib.request import Request

from concurrent_fetch.fetch._set_cookie import host_in_jar, read_cookie
from concurrent_fetch.http import CanonicalURL

_MOST = 50  # browsers keep that many for a domain (RFC 6265, section 6.1)


class Jar:
    """The cookies of one fetch. It never raises, whatever a server sets."""

    def __init__(self) -> None:
        self._kept = CookieJar(
            DefaultCookiePolicy(
                rfc2965=False,
                strict_domain=True,
                # Without it a cookie of one host would go to the hosts below that, too.
                strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain,
            )
        )
        self._by_age: dict[tuple[str, str, str], None] = {}  # the one set last stands last

    def take(self, target: CanonicalURL, fields: Iterable[str]) -> None:
        """Take what a response from `target` sets, by the values of its Set-Cookie fields.

        What is not for its host, or malformed, or too long is left out; the oldest of more than 50
        cookies is dropped.
        """
        request = _request(target)
        for field in fields:
            cookie = read_cookie(field, target)
            if cookie is not None:
                self._kept.set_cookie_if_ok(cookie, request)
                self._by_age.pop(_name(cookie), None)
                self._by_age[_name(cookie)] = None
        self._kept.clear_expired_cookies()
        held = {_name(cookie) for cookie in self._kept}
        self._by_age = {name: None for name in self._by_age if name in held}
        for oldest in list(self._by_age)[:-_MOST]:
            self._kept.clear(*oldest)

    def sent_to(self, target: CanonicalURL) -> str:
        """Return the value of the Cookie field for a request; empty where no cookie is for it."""
        request = _request(target)
        self._kept.add_cookie_header(request)
        return request.get_header("Cookie", "")


def _name(cookie: Cookie) -> tuple[str, str, str]:
    """Return what a cookie is known by: another one of that name takes its place."""
    return cookie.domain, cookie.path, cookie.name


def _request(target: CanonicalURL) -> Request:
    """Return what the jar is to know of a request; it is read, and never opened."""
    return Request(f"{target.scheme}://{host_in_jar(target)}{target.origin_form}")  # noqa: S310 - not opened
