"""Outcomes: frozen values that derive, compare, pickle and keep secrets."""

import math
import pickle
import re
from typing import Any

import attrs
import pytest

from concurrent_fetch import Attempt, Failure, FailureKind, Headers, Outcome, Response, Timing
from concurrent_fetch.model import check_outcome

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


def test_plain_values_become_those_of_the_fields() -> None:
    plain = response(headers={"Content-Type": "text/plain"}, redirects=["http://a/"])
    assert plain.headers.fields == (("Content-Type", "text/plain"),)
    assert plain.redirects == ("http://a/",)
    assert failure(kind="dns").kind is FailureKind.DNS


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"Failure\.kind must be one of .*dns, .*, got 'dsn'"):
        failure(kind="dsn")


@pytest.mark.parametrize("outcome", [response(), failure()], ids=["response", "failure"])
def test_what_can_be_passes_the_check(outcome: Outcome) -> None:
    check_outcome(outcome)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (response(status_code=99), "Response.status_code must be an int from 100 to 999, got 99"),
        (
            response(status_code=True),
            "Response.status_code must be an int from 100 to 999, got True",
        ),
        (response(headers=None), "Response.headers must be Headers or another mapping, got None"),
        (response(body="x"), "Response.body must be bytes, got a value of type str"),
        (response(size=1.5), "Response.size must be an int of at least 0, got 1.5"),
        (
            response(wire_size=-1),
            "Response.wire_size must be an int of at least 0, or None, got -1",
        ),
        (
            response(redirects=(1,)),
            "Response.redirects must be a tuple of str, got a value of type ",
        ),
        (response(reused=1), "Response.reused must be True or False, or None, got 1"),
        (response(attempts=0), "Response.attempts must be an int of at least 1, got 0"),
        (response(timing=None), "Response.timing must be a Timing, got None"),
        (response(index="0"), "Response.index must be an int, got a value of type str"),
        (failure(message=None), "Failure.message must be a str, got None"),
        (failure(error=5), "Failure.error must be a str, or None, got 5"),
        (
            failure(timing=Timing(started=math.nan, finished=1.0)),
            "Timing.started must be finite seconds, got nan",
        ),
        (
            response(timing=Timing(started=1.0, first_byte=0.5, finished=2.0)),
            "Timing.first_byte must not lie before started, 1.0, got 0.5",
        ),
        (
            response(timing=Timing(started=1.0, sent=3.0, first_byte=2.0, finished=4.0)),
            "Timing.first_byte must not lie before sent, 3.0, got 2.0",
        ),
        (
            response(timing=Timing(started=1.0, sent=3.0, finished=2.0)),
            "Timing.finished must not lie before sent, 3.0, got 2.0",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_field_value_and_rule(
    outcome: Outcome, message: str
) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        check_outcome(outcome)
    assert str(caught.value).startswith(message)


def test_match_is_exhaustive() -> None:
    def name(outcome: Outcome) -> str:
        match outcome:
            case Response(status_code=status):
                return str(status)
            case Failure(kind=kind):
                return str(kind)

    assert [name(response()), name(failure())] == ["200", "dns"]


def tried(**facts: Any) -> Outcome:
    """An outcome with one earlier try."""
    told: dict[str, Any] = {"status_code": 503, "started": -2.0, "finished": -1.0, "waited": 1.0}
    return response(earlier=(Attempt(**told | facts),))


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (tried(status_code=None), "Attempt must have either a status_code or a kind"),
        (tried(kind="dns", message="no"), "Attempt must have either a status_code or a kind"),
        (tried(status_code=None, kind="dns"), "Attempt.message must be there for a failure, and"),
        (tried(message="no"), "Attempt.message must be there for a failure, and only then"),
        (tried(finished=-3.0), "Attempt.started, Attempt.finished and the start of the next try"),
        (tried(finished=1.5), "Attempt.started, Attempt.finished and the start of the next try"),
        (tried(waited=-1.0), "and Attempt.waited at least 0, got (-2.0, -1.0, 1.0) and -1.0"),
        (tried(waited=math.inf), "Attempt.waited must be finite seconds, got inf"),
    ],
)
def test_a_try_that_cannot_be_is_refused(outcome: Outcome, message: str) -> None:
    check_outcome(tried())
    with pytest.raises(ValueError, match=re.escape(message)):
        check_outcome(outcome)
