"""Claims: what a run says that it fetched, as bounds between which the truth lies if it is honest.

A failure may have reached a server or not; redirects on the way to it are not told, and neither are
those on the way to a value that is no outcome. A value that tells nothing may stand for a failure.
Only what is told counts as claimed for sure.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch._units import Bytes
from concurrent_fetch.analysis._record import Record
from concurrent_fetch.http import canonicalize

_PLAIN = "identity"
_PACKED = 4
"""By so much smaller than the reference's a body may have come in a coding that is not known."""


class Claim(NamedTuple):
    """What a run says that it fetched."""

    least: int
    """Requests to the servers that count, at least."""
    most: float
    """And at most; infinite where that is not told."""
    here: Bytes
    """Of the bodies from those servers, as they came, at least."""
    octets: Bytes
    """Of all bodies, as they came, at least."""
    tells_sizes: bool
    """Whether it tells that of every answer, so that it is no less and no more."""


class Usual(NamedTuple):
    """What the reference got for each URL in its check run; nothing is known of that run itself."""

    sizes: Sequence[Bytes] = ()
    """Of bodies, as they came; nothing where it asked for no coding."""
    requests: Sequence[int] = ()
    """Those on the way to it, redirects included."""
    codings: Sequence[str | None] = ()
    """Of bodies; None of one that is not known."""


@lru_cache(maxsize=4096)  # of the URLs on the ways of redirects, each run anew
def authority_of(url: str) -> str:
    """Return host and port as a URL names them; nothing if it is none that can be sent."""
    try:
        return canonicalize(url).authority
    except Refusal:
        return ""


def usual_of(reference: Record) -> Usual:
    """Return what the reference got."""
    ways = [1 + len(redirects or ()) for redirects in reference.columns["redirects"]]
    sizes = wire_sizes(reference) if reference.options.encodings else ()
    return Usual(sizes, ways, reference.column("coding"))


def claim_of(record: Record, homes: Sequence[str], usual: Usual) -> Claim:
    """Return what a run claims; `homes` are the `authority_of` each URL.

    Code that makes outcomes itself may tell no redirects, and have met those of the reference.
    """
    sizes = wire_sizes(record, usual)
    servers = frozenset(record.witnessed.servers if record.witnessed else ())
    told = _tells_sizes(record)
    if not servers:
        return Claim(0, 0, 0, sum(sizes), told)
    ways = usual.requests or [1] * len(homes)
    if _is_plain(record) and max(ways) == 1:
        to_them = [size for home, size in zip(homes, sizes, strict=True) if home in servers]
        return Claim(len(to_them), len(to_them), sum(to_them), sum(sizes), told)
    least, most, here = 0, 0.0, 0
    hops = 1 + record.options.max_redirects
    names = ("kind", "attempts", "earlier", "redirects", "final_url")
    told_of = (record.results, *(record.column(name) for name in names))
    rows = zip(homes, sizes, ways, *told_of, strict=True)
    for home, size, others, result, kind, attempts, earlier, redirects, end in rows:
        begins, tries = home in servers, earlier or ()
        if begins:
            least += sum(one.status_code is not None for one in tries)
        if attempts is None:  # a value that is no outcome tells no tries
            most = math.inf
            is_here = begins and kind is None and result is not None
            least += is_here
        elif kind is not None:
            most += hops * attempts
            continue
        else:
            way = [home] if not redirects else [authority_of(url) for url in (*redirects, end)]
            met, is_here = sum(one in servers for one in way), way[-1] in servers
            least += met
            each = met if redirects or not begins else max(met, others)
            most += each * (1 + len(tries)) + max(0, attempts - 1 - len(tries))
        here += size if is_here else 0
    return Claim(least, most, here, sum(sizes), told)


def _is_plain(record: Record) -> bool:
    """Whether each URL was answered by the one request that was sent for it, as most are."""
    told = record.columns
    if any(any(told[name]) for name in ("kind", "redirects", "earlier")):
        return False
    return list(told["attempts"]).count(1) == len(told["kind"])


def _tells_sizes(record: Record) -> bool:
    wires, kinds = record.column("wire_size"), record.columns["kind"]
    if None not in wires:
        return True
    rows = zip(kinds, wires, record.column("size"), record.columns["coding"], strict=True)
    return all(
        kind is not None or wire is not None or (size is not None and coding == _PLAIN)
        for kind, wire, size, coding in rows
    )


def wire_sizes(record: Record, usual: Usual | None = None) -> list[Bytes]:
    """Return how many bytes of each body came for sure: none of one that is not known.

    In what coding a body came may be unknown, as of a text: then it is a part of the reference's.
    In another coding than that it may be any part.
    """
    n = len(record.columns["kind"])
    sizes, _, codings = usual or Usual()
    names = ("kind", "wire_size", "size", "coding")
    told_of = (record.results, *(record.column(name) for name in names))
    rows = zip(sizes or [0] * n, codings or [None] * n, *told_of, strict=True)
    return [
        0
        if kind is not None or result is None
        else wire
        if wire is not None
        else _at_least(size, coding, usual_size // _PACKED, usual_coding)
        for usual_size, usual_coding, result, kind, wire, size, coding in rows
    ]


def _at_least(size: Bytes | None, coding: str | None, part: Bytes, usual: str | None) -> Bytes:
    if size is not None and coding == _PLAIN:
        return size
    if coding not in (None, _PLAIN, usual):
        return 0
    return part if size is None else min(size, part)
