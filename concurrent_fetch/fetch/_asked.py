"""Asked: what a hop is to send besides its URL, and what of it outlives a redirect.

Sources: RFC 9110, 15.4; the Fetch standard of WHATWG, for 301 and 302 after a POST.
"""

from collections.abc import Mapping
from typing import NamedTuple

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.http import may_go_anywhere
from concurrent_fetch.model import Request

_BARE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # others say that there is no body: 8.6

_OF_A_BODY = frozenset(
    {
        *("content-encoding", "content-language", "content-location", "content-type"),
        *("content-digest", "content-disposition", "content-md5", "content-range"),
        *("digest", "last-modified", "repr-digest"),
    }
)
"""Known fields that describe a body: a `Content-Token` of somebody's own may be a secret."""


class Asked(NamedTuple):
    """What a hop is to send."""

    method: str
    body: bytes | None
    fields: Mapping[str, str]
    """Those of the request itself, which replace others of the same name."""
    may_be_sent_twice: bool
    """Whether the request says so by itself, for methods that are not known for it too."""
    is_idempotent: bool
    """Whether this hop may be sent twice."""
    lost_its_body: bool = False
    """Whether a redirect made a GET of it."""

    @classmethod
    def of(cls, request: Request, usual: Mapping[str, str]) -> "Asked":
        """Return what the first hop is to send; `usual` are the fields that it is added to.

        Those of them that describe a body are taken along: they go where the body goes.
        """
        body = None if request.body == b"" and request.method in _BARE else request.body
        fields = dict(request.headers)
        if body is not None:
            own = {name.lower() for name in fields}
            fields |= {
                n: v for n, v in usual.items() if _describes_body(n) and n.lower() not in own
            }
        says_so = request.idempotent is True
        return cls(request.method, body, fields, says_so, request.is_idempotent)

    def after(self, status: int, *, same_origin: bool) -> "Asked":
        """Return what the hop behind a redirect is to send.

        A body and the fields that describe it travel together or not at all. No secret goes to
        another origin; nor does a body, unless the request says that it may be sent twice.

        Raises:
            Refusal: it would.
        """
        turns = status == 303 or (status in {301, 302} and self.method == "POST")
        if turns and self.method != "HEAD":
            return self._turned().at(same_origin=same_origin)
        if self.body is not None and not (same_origin or self.may_be_sent_twice):
            raise Refusal(
                FailureKind.NOT_ALLOWED,
                f"a redirect ({status}) leads a {self.method} with a body to another origin; write "
                "Request(idempotent=True) if it may go there",
            )
        return self.at(same_origin=same_origin)

    def _turned(self) -> "Asked":
        """Return the GET that a redirect makes of it."""
        return self._replace(
            method="GET",
            body=None,
            fields={n: v for n, v in self.fields.items() if not _describes_body(n)},
            is_idempotent=self.is_idempotent or self.method != "GET",
            lost_its_body=True,
        )

    def at(self, *, same_origin: bool) -> "Asked":
        """Return the same without what is for the first origin only."""
        if same_origin:
            return self
        fields = {
            name: value
            for name, value in self.fields.items()
            if may_go_anywhere(name) or (self.body is not None and _describes_body(name))
        }
        return self._replace(fields=fields)

    def added_to(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the header fields with those of the request, and how long its body is."""
        own = {name.lower() for name in self.fields}
        added = {name: value for name, value in headers.items() if name.lower() not in own}
        if self.lost_its_body:
            added = {name: value for name, value in added.items() if not _describes_body(name)}
        added.update(self.fields)
        if self.body is not None or self.method not in _BARE:
            added["Content-Length"] = str(len(self.body or b""))
        return added

    @property
    def is_authorized(self) -> bool:
        """Whether the request has credentials of its own."""
        return any(name.lower() == "authorization" for name in self.fields)


def _describes_body(name: str) -> bool:
    return name.lower() in _OF_A_BODY
