"""Outcomes: frozen values that derive, compare, pickle and keep secrets."""

import pickle
from typing import Any

import attrs
import pytest

from concurrent_fetch import Failure, FailureKind, Headers, Outcome, Response, Timing

TIMING = Timing(started=1.0, sent=1.25, first_byte=2.0, finished=4.5)


def response(**changes: Any) -> Response:
    facts: dict[str, Any] = {
        "url": "http://u:s3cret@x/",
        "final_url": "http://x/",
        "status_code": 200,
        "headers": Headers.from_fields([("Content-Type", "text/html; charset=latin-1")]),
        "body": b"caf\xe9",
        "size": 4,
        "timing": TIMING,
        "worker": "MainThread",
        "index": 0,
    }
    return Response(**facts | changes)


def failure(**changes: Any) -> Failure:
    facts: dict[str, Any] = {
        "url": "http://u:s3cret@x/",
        "kind": FailureKind.DNS,
        "message": "no such name",
        "timing": TIMING,
        "worker": "MainThread",
        "index": 0,
    }
    return Failure(**facts | changes)


def test_phases_derive() -> None:
    assert (TIMING.elapsed, TIMING.waiting, TIMING.transfer) == (3.5, 0.75, 2.5)


def test_an_unknown_phase_is_none() -> None:
    assert Timing(started=1.0, finished=2.0).waiting is None
    assert Timing(started=1.0, finished=2.0).transfer is None
    assert Timing(started=1.0, sent=1.5, finished=2.0).waiting is None
    assert Timing(started=1.0, first_byte=1.5, finished=2.0).waiting is None
    assert Timing(started=1.0, first_byte=1.5, finished=2.0).transfer == 0.5


@pytest.mark.parametrize(
    ("status", "ok"),
    [(200, True), (204, True), (302, True), (399, True), (400, False), (599, False)],
)
def test_ok_is_a_status_from_200_to_399(status: int, ok: bool) -> None:
    assert response(status_code=status).ok is ok


def test_a_failure_is_never_ok_and_keeps_its_time() -> None:
    assert failure().ok is False
    assert failure().elapsed == response().elapsed == 3.5


def test_text_is_decoded_as_declared() -> None:
    assert response().encoding == "iso8859-1"
    assert response().text == "café"
    assert response(headers=Headers()).encoding == "utf-8"
    assert response(headers=Headers()).text == "caf\ufffd"


@pytest.mark.parametrize("outcome", [response(), failure()], ids=["response", "failure"])
def test_outcomes_are_values(outcome: Outcome) -> None:
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert hash(attrs.evolve(outcome)) == hash(outcome)
    assert attrs.evolve(outcome, index=1) != outcome
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        outcome.index = 3  # type: ignore[misc]  # misuse
    assert not hasattr(outcome, "__dict__")


@pytest.mark.parametrize("outcome", [response(), failure()], ids=["response", "failure"])
def test_repr_is_short_and_hides_user_info(outcome: Outcome) -> None:
    shown = repr(outcome)
    assert "s3cret" not in shown
    assert "http://***@x/" in shown
    assert len(shown) < 400
    assert len(repr(response(body=b"x" * 10_000))) < 400


def test_a_failures_kind_reads_as_its_name() -> None:
    assert "kind=dns" in repr(failure())
    assert f"{failure().kind}" == "dns"
    assert failure().kind == "dns"


def test_headers_pickle_as_headers() -> None:
    headers = pickle.loads(pickle.dumps(response().headers))
    assert headers["CONTENT-TYPE"] == "text/html; charset=latin-1"


def test_match_is_exhaustive() -> None:
    def name(outcome: Outcome) -> str:
        match outcome:
            case Response(status_code=status):
                return str(status)
            case Failure(kind=kind):
                return str(kind)

    assert [name(response()), name(failure())] == ["200", "dns"]
