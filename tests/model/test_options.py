"""Options: written once, checked at construction, safe to show."""

import asyncio
import math
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from concurrent_fetch import Headers, Options, Pace, Retry

# Field, value, the exception, and what its message must teach.
REFUSED: list[tuple[str, object, type[Exception], str]] = [
    ("concurrency", 0, ValueError, "must be at least 1, got 0"),
    ("concurrency", -3, ValueError, "must be at least 1, got -3"),
    ("concurrency", 2.0, TypeError, "must be an int, got 2.0"),
    ("concurrency", "8", TypeError, "must be an int, got '8'"),
    ("concurrency", True, TypeError, "must be an int, got True"),
    ("concurrency", None, TypeError, "must be an int, got None"),
    ("timeout", 0, ValueError, "must be finite seconds greater than 0, got 0"),
    ("timeout", -1.5, ValueError, "must be finite seconds greater than 0, got -1.5"),
    ("timeout", math.inf, ValueError, "must be finite seconds greater than 0, got inf"),
    ("timeout", math.nan, ValueError, "must be finite seconds greater than 0, got nan"),
    ("timeout", None, TypeError, "must be seconds as a float, got None"),
    ("timeout", (3, 5), TypeError, r"must be seconds as a float, got \(3, 5\)"),
    ("timeout", True, TypeError, "must be seconds as a float, got True"),
    ("connect_timeout", 0, ValueError, "must be finite seconds greater than 0, got 0"),
    ("connect_timeout", "1", TypeError, "must be seconds as a float, got '1'"),
    ("max_redirects", -1, ValueError, "must be at least 0, got -1"),
    ("max_redirects", None, TypeError, "must be an int, got None"),
    ("max_bytes", 0, ValueError, "must be at least 1, or None for no cap, got 0"),
    ("max_bytes", 1e6, TypeError, "must be an int, or None for no cap, got 1000000.0"),
    ("keep_bodies", 1, TypeError, "must be True or False, got 1"),
    ("keep_cookies", "no", TypeError, "must be True or False, got 'no'"),
    ("reuse_connections", None, TypeError, "must be True or False, got None"),
    ("verify", "", TypeError, "must be True, False or the path of a CA bundle"),
    ("verify", 0, TypeError, "must be True, False or the path of a CA bundle as a str, got 0"),
    ("verify", None, TypeError, "must be True, False or the path of a CA bundle"),
    ("trust_env", "yes", TypeError, "must be True or False, got 'yes'"),
    ("digest", "sha256", TypeError, "must be True or False, got 'sha256'"),
    ("progress", 1, TypeError, r"must be True, False or a function that takes a Progress, got 1; "),
    ("progress", None, TypeError, "must be True, False or a function .* write progress=True"),
    ("progress", asyncio.sleep, TypeError, "must be a plain function, got an async one"),
    ("headers", [("A", "b")], TypeError, "must be a mapping of names to values, got list"),
    ("encodings", "gzip", TypeError, r"must be names .*, or \(\) to ask for none, got 'gzip'"),
    ("encodings", ("gzip", 1), TypeError, r"must be names of content-codings, as \('gzip',"),
    ("encodings", None, TypeError, "must be names of content-codings, .* got None"),
    ("encodings", ("gzpi",), ValueError, r"cannot name 'gzpi': .* \(did you mean 'gzip'\?\)"),
    ("encodings", ("identity",), ValueError, "cannot name 'identity': it is none of gzip, deflate"),
    ("encodings", ("compress",), ValueError, "cannot name 'compress': it is none of gzip,"),
    ("encodings", ("",), ValueError, "cannot name '': it is none of gzip,"),
    ("headers", None, TypeError, "must be a mapping of names to values, got NoneType"),
]


@pytest.mark.parametrize(("field", "value", "error", "said"), REFUSED)
def test_an_error_names_field_value_and_rule(
    field: str, value: object, error: type[Exception], said: str
) -> None:
    options: dict[str, Any] = {field: value}
    with pytest.raises(error, match=rf"^Options\.{field} {said}"):
        Options(**options)


# What was meant, and what the error says to write.
MEANT: list[tuple[str, object, str]] = [
    ("concurrency", "5", "write concurrency=5"),
    ("concurrency", 5.0, "write concurrency=5"),
    ("max_redirects", False, "write max_redirects=0"),
    ("max_bytes", "1MB", "write max_bytes=1000000"),
    ("max_bytes", "1.5 MiB", "write max_bytes=1572864"),
    ("max_bytes", 1e6, "write max_bytes=1000000"),
    ("timeout", "5", "write timeout=5.0"),
    ("timeout", "2.5s", "write timeout=2.5"),
    ("timeout", timedelta(minutes=1), "write timeout=60.0"),
    ("timeout", None, "every wait has an end: write timeout=3600.0 for a long one"),
    ("timeout", math.inf, "every wait has an end: write timeout=3600.0 for a long one"),
    ("connect_timeout", None, "every wait has an end: write connect_timeout=3600.0 for a long one"),
    ("timeout", (3, 5), "write connect_timeout=... and timeout=..., each one number"),
    ("verify", Path("ca.pem"), "write verify=str(path)"),
    ("keep_bodies", 0, "write keep_bodies=False"),
    ("trust_env", "yes", "write trust_env=True"),
    ("headers", [("Accept", "*/*")], "write headers={'Accept': 'text/html'}"),
]


@pytest.mark.parametrize(("field", "value", "advice"), MEANT)
def test_an_error_says_what_to_write(field: str, value: object, advice: str) -> None:
    options: dict[str, Any] = {field: value}
    with pytest.raises((TypeError, ValueError)) as caught:
        Options(**options)
    assert str(caught.value).endswith(f"; {advice}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("concurrency", "many"),
        ("concurrency", "0"),
        ("concurrency", True),
        ("concurrency", 2.5),
        ("timeout", "soon"),
        ("timeout", "-1"),
        ("timeout", -1),
        ("digest", "sha256"),
    ],
)
def test_where_nobody_can_tell_what_was_meant_nothing_is_advised(field: str, value: object) -> None:
    options: dict[str, Any] = {field: value}
    with pytest.raises((TypeError, ValueError)) as caught:
        Options(**options)
    assert str(caught.value).endswith(f", got {value!r}")


HEADERS: list[tuple[dict[Any, Any], type[Exception], str]] = [
    ({"A b": "x"}, ValueError, "'A b'"),
    ({"": "x"}, ValueError, "''"),
    ({"A": "x\r\nB: y"}, ValueError, "control character"),
    ({"A": 1}, TypeError, "'A'.*int"),
    ({1: "A"}, TypeError, "int"),
    ({"A": b"x"}, TypeError, "'A'.*bytes"),
    ({"Accept": "x", "ACCEPT": "y"}, ValueError, "'Accept' and 'ACCEPT'"),
    ({"A": "世"}, ValueError, "latin-1"),
    ({"A": "é"}, ValueError, "the value of 'A' must be ASCII.*percent-encode it"),
    ({"Connection": "close"}, ValueError, r"'Connection'.*reuse_connections=False"),
    ({"content-length": "3"}, ValueError, "it follows from the body"),
    ({"Transfer-Encoding": "chunked"}, ValueError, "a body is sent as a whole"),
    ({"expect": "100-continue"}, ValueError, "must not set 'expect': a body is sent at once"),
    ({"Trailer": "X"}, ValueError, "nothing is sent behind a body; leave it out"),
    ({"Upgrade": "h2c"}, ValueError, "no client changes to another protocol; leave it out"),
    ({"HTTP2-Settings": "AA"}, ValueError, "it is about the connection"),
    ({"Keep-Alive": "300"}, ValueError, "it is about the connection"),
    ({"Proxy-Connection": "close"}, ValueError, "it is about the connection"),
    ({"TE": "trailers"}, ValueError, "must not set 'TE': it is about the connection"),
]


@pytest.mark.parametrize(("headers", "error", "said"), HEADERS)
def test_headers_that_cannot_be_sent_are_refused(
    headers: dict[Any, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        Options(headers=headers)
    assert str(caught.value).startswith("Options.headers")


def test_a_refused_secret_is_not_shown() -> None:
    with pytest.raises(ValueError, match="Authorization") as caught:
        Options(headers={"Authorization": "s3cret\n"})
    assert "s3cret" not in str(caught.value)
    with pytest.raises(ValueError, match="Authorization") as caught:
        Options(headers={"Authorization": "s3cret-é"})
    assert "s3cret" not in str(caught.value)


def test_the_defaults_are_those_of_the_documentation() -> None:
    assert attrs.asdict(Options(), recurse=False) == {
        "concurrency": 20,
        "timeout": 30.0,
        "connect_timeout": 10.0,
        "headers": {},
        "encodings": ("gzip", "deflate"),
        "auth": None,
        "cookies": {},
        "user_agent": None,
        "max_redirects": 10,
        "keep_cookies": True,
        "max_bytes": 100 * 1024 * 1024,
        "keep_bodies": True,
        "reuse_connections": True,
        "verify": True,
        "trust_env": False,
        "proxy": None,
        "allow_private": True,
        "per_host": None,
        "delay": None,
        "rate": None,
        "hosts": {},
        "retry": None,
        "deadline": None,
        "digest": False,
        "secret_params": (),
        "journal": None,
        "journal_sync": True,
        "work": None,
        "sink": None,
        "progress": False,
    }


def test_seconds_may_be_an_int_and_the_cap_none() -> None:
    options = Options(timeout=5, connect_timeout=1, max_bytes=None)
    assert (options.timeout, options.connect_timeout, options.max_bytes) == (5, 1, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((), ()),
        (["gzip"], ("gzip",)),
        ((" GZip", "deflate", "gzip"), ("gzip", "deflate")),
        (("zstd", "br"), ("zstd", "br")),
    ],
)
def test_encodings_are_kept_as_they_are_sent(given: Any, kept: tuple[str, ...]) -> None:
    options = Options(encodings=given)
    assert options.encodings == kept
    assert options == Options(encodings=kept)
    assert pickle.loads(pickle.dumps(options)) == options


def test_options_are_positional_nowhere() -> None:
    with pytest.raises(TypeError):
        Options(5)  # type: ignore[call-arg]  # misuse


def test_options_are_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Options().concurrency = 5  # type: ignore[misc]  # misuse


def test_options_are_values() -> None:
    mine = Options(concurrency=3, headers={"X-A": "1", "X-B": "2"})
    same = Options(concurrency=3, headers={"x-b": "2", "x-a": "1"})
    assert mine == same
    assert hash(mine) == hash(same)
    assert mine != attrs.evolve(mine, concurrency=4)
    assert len({mine, same, Options()}) == 2


def test_who_hears_of_the_progress_makes_no_difference() -> None:
    watched = Options(progress=print)
    assert watched == Options()
    assert hash(watched) == hash(Options())
    assert watched.differences(Options()) == ()
    assert repr(watched).endswith(", progress=print)")
    assert repr(Options(progress=True)).endswith(", progress=True)")


def test_where_a_run_is_journalled_makes_no_difference() -> None:
    kept = Options(journal=Path("today.jsonl"), journal_sync=False)
    assert kept.journal == "today.jsonl"
    assert kept == Options()
    assert hash(kept) == hash(Options())
    assert kept.differences(Options()) == ()
    assert "journal='today.jsonl'" in repr(kept)
    assert pickle.loads(pickle.dumps(kept)).journal == "today.jsonl"


@pytest.mark.parametrize(
    ("journal", "error", "said"),
    [
        (3, TypeError, "must be the path of a file or None, got int; write journal='today.jsonl'"),
        (b"x.jsonl", TypeError, "got bytes"),
        (True, TypeError, "got bool"),
        ("", ValueError, r"must end in \.jsonl, which load reads, got ''"),
        ("urls.txt", ValueError, "got 'urls.txt'"),
    ],
)
def test_what_is_no_journal_is_refused(journal: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Options(journal=journal)


def test_headers_are_read_in_any_case_and_do_not_follow_the_dict_given() -> None:
    given = {"X-Mine": "1"}
    options = Options(headers=given)
    given["X-Mine"] = "2"
    assert options.headers["x-MINE"] == "1"
    assert isinstance(options.headers, Headers)


def test_options_pickle() -> None:
    options = Options(headers={"A": "b"}, max_bytes=None, verify="ca.pem")
    assert pickle.loads(pickle.dumps(options)) == options


def test_evolve_checks_again() -> None:
    options = attrs.evolve(Options(headers={"A": "b"}), concurrency=2)
    assert (options.concurrency, options.headers["A"]) == (2, "b")
    with pytest.raises(ValueError, match=r"Options\.concurrency must be at least 1"):
        attrs.evolve(options, concurrency=0)


def test_repr_hides_secrets() -> None:
    shown = repr(Options(headers={"authorization": "s3cret", "Cookie": "s3cret", "X-A": "1"}))
    assert "s3cret" not in shown
    assert "'X-A': '1'" in shown


def test_differences_name_the_fields_and_hide_the_values_of_headers() -> None:
    one = Options(concurrency=5, headers={"Authorization": "secret"}, work=len)  # type: ignore[arg-type]  # only named
    assert one.differences(one) == ()
    assert one.differences(Options()) == (
        "concurrency: 5 against 20",
        "headers: Authorization against none",
        "work: len against None",
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        ({"auth": ("me", "a")}, {}, "auth: set against not set"),
        ({"auth": ("me", "a")}, {"auth": ("me", "b")}, "auth: set in both, but not the same"),
        (
            {"headers": {"Authorization": "a"}},
            {"headers": {"Authorization": "b"}},
            "headers: Authorization in both, but not the same",
        ),
        ({"cookies": {"a": "1"}}, {"cookies": {"a": "2"}}, "cookies: a in both, but not the same"),
    ],
)
def test_secrets_that_differ_are_told_to_differ(
    mine: dict[str, Any], theirs: dict[str, Any], told: str
) -> None:
    assert Options(**mine).differences(Options(**theirs)) == (told,)


def test_what_was_saved_without_its_secrets_does_not_differ_by_them() -> None:
    secrets: dict[str, Any] = {
        "headers": {"X-Api-Key": "s3cret", "X-A": "1"},
        "auth": ("me", "s3cret"),
        "cookies": {"a": "s3cret"},
        "proxy": "http://me:s3cret@h:1",
    }
    mine = Options(**secrets)
    saved = mine.without_secrets()
    assert "s3cret" not in str(attrs.asdict(saved))
    assert mine.differences(saved) == saved.differences(mine) == ()
    other = attrs.evolve(mine, headers={"X-Api-Key": "s3cret", "X-A": "2"})
    assert other.differences(saved) == ("headers: X-Api-Key, X-A in both, but not the same",)


def test_differences_in_limits_and_retries_are_told_as_they_are_written() -> None:
    hosts = {"a.example": Pace(per_host=2)}
    retry = Retry(attempts=4, on={503, "timeout"})
    one = Options(rate=5, hosts=hosts, retry=retry)
    assert one.differences(Options(retry=3)) == (
        "rate: 5 against None",
        "hosts: {'a.example': Pace(per_host=2, delay=None)} against {}",
        "retry: Retry(attempts=4, on={'timeout', 503}) against Retry(attempts=3)",
    )


def test_retries_by_a_function_are_told_by_its_name() -> None:
    assert str(Retry(on=any)) == "Retry(attempts=3, on=any)"


def test_the_pace_of_a_host_is_its_own_and_where_it_says_nothing_that_of_all() -> None:
    options = Options(per_host=2, delay=1, hosts={"a.example": Pace(per_host=8)})
    assert options.pace_of("a.example") == Pace(per_host=8, delay=1)
    assert options.pace_of("b.example") == Pace(per_host=2, delay=1)
    assert Pace(delay=0).over(Pace(per_host=2, delay=1)) == Pace(per_host=2, delay=0)
