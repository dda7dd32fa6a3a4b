"""Header fields as a user sees them: any case, repeats kept, secrets hidden."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch.http._headers import Headers

BLOCK = b"Server: nginx\r\nSet-Cookie: a=1\r\nX-Empty: \r\nset-cookie: b=2\r\nX-Latin: caf\xe9\r\n"
HEADERS = Headers(BLOCK)

NAMES = st.text(st.sampled_from("abAB-_~!"), min_size=1, max_size=4)
VALUES = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=6)
FIELDS = st.lists(st.tuples(NAMES, VALUES.map(lambda value: value.strip(" \t"))), max_size=6)


def test_a_name_is_found_in_any_case() -> None:
    assert HEADERS["server"] == HEADERS["SERVER"] == HEADERS.get("Server") == "nginx"
    assert "sErVeR" in HEADERS


def test_repeated_fields_are_joined_or_given_one_by_one() -> None:
    assert HEADERS["Set-Cookie"] == "a=1, b=2"
    assert HEADERS.get_all("Set-Cookie") == ("a=1", "b=2")


def test_values_are_latin_1_and_may_be_empty() -> None:
    assert HEADERS["x-latin"] == "café"
    assert HEADERS["x-empty"] == ""
    assert HEADERS.get_all("x-empty") == ("",)


@pytest.mark.parametrize("name", ["Serve", "erver", "Via", "", "nginx", "Server: nginx", "é", "€"])
def test_an_absent_name_is_absent(name: str) -> None:
    assert name not in HEADERS
    assert HEADERS.get_all(name) == ()
    assert HEADERS.get(name) is None
    with pytest.raises(KeyError, match="^" if not name else None):
        HEADERS[name]


@pytest.mark.parametrize("name", ["A: b", "A: b: c", "\r\nA", "A\r\nA", "\u212a"])
def test_what_is_no_name_finds_nothing(name: str) -> None:
    assert name not in Headers(b"A: b: c\r\nK: v\r\n")


def test_anything_but_str_is_not_among_the_names() -> None:
    assert 1 not in HEADERS  # type: ignore[comparison-overlap]  # that is the point
    assert b"server" not in HEADERS  # type: ignore[comparison-overlap]  # that is the point


def test_fields_are_as_on_the_wire() -> None:
    assert HEADERS.fields == (
        ("Server", "nginx"),
        ("Set-Cookie", "a=1"),
        ("X-Empty", ""),
        ("set-cookie", "b=2"),
        ("X-Latin", "café"),
    )


def test_iteration_gives_each_name_once_as_first_seen() -> None:
    assert list(HEADERS) == ["Server", "Set-Cookie", "X-Empty", "X-Latin"]
    assert len(HEADERS) == 4
    assert dict(HEADERS)["Set-Cookie"] == "a=1, b=2"


def test_no_headers_are_falsy_and_empty() -> None:
    assert not Headers()
    assert list(Headers()) == []
    assert Headers().fields == ()
    assert Headers() == {}


def test_equality_ignores_case_and_the_order_between_names_only() -> None:
    one = Headers(b"A: 1\r\nB: 2\r\na: 3\r\n")
    same = Headers(b"b: 2\r\na: 1\r\nA: 3\r\n")
    assert one == same
    assert hash(one) == hash(same)
    assert one != Headers(b"A: 3\r\nB: 2\r\nA: 1\r\n")
    assert one != Headers(b"A: 1, 3\r\nB: 2\r\n")


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        ({"a": "1, 3", "B": "2"}, True),
        ({"b": "2", "A": "1, 3"}, True),
        ({"a": "1, 3"}, False),
        ({"a": "1, 3", "B": "x"}, False),
        ({"a": "1, 3", "A": "1, 3", "B": "2"}, False),
        ({"a": "1, 3", "B": "2", 1: "x"}, False),
        ({"a": 1, "B": "2"}, False),
        ([("a", "1, 3")], False),
        (None, False),
    ],
)
def test_headers_equal_a_mapping_with_the_same_names_in_any_case(other: Any, equal: bool) -> None:
    headers = Headers(b"A: 1\r\nB: 2\r\nA: 3\r\n")
    assert (headers == other) is equal
    assert (other == headers) is equal


def test_headers_pickle_and_take_no_attributes() -> None:
    assert pickle.loads(pickle.dumps(HEADERS)).fields == HEADERS.fields
    with pytest.raises(AttributeError):
        HEADERS.colour = "red"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - that is the point
    with pytest.raises(AttributeError):
        HEADERS.fields = ()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue] - that is the point


def test_secret_values_are_never_shown() -> None:
    names = ["authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie"]
    names += ["set-cookie2", "x-api-key", "x-auth-token", "private-token"]
    fields = [(name.title(), "s3cr3t") for name in names]
    headers = Headers.from_fields([*fields, ("Via", "1.1 x"), ("COOKIE", "s3cr3t")])
    assert "s3cr3t" not in repr(headers)
    assert "s3cr3t" not in repr(headers.redacted())
    assert headers.redacted()[-2:] == (("Via", "1.1 x"), ("COOKIE", "***"))
    assert headers["cookie"] == "s3cr3t, s3cr3t"


def test_the_repr_is_readable() -> None:
    assert repr(HEADERS) == (
        "Headers({'Server': 'nginx', 'Set-Cookie': '***', 'X-Empty': '', 'X-Latin': 'café'})"
    )


def test_a_users_mapping_becomes_headers() -> None:
    headers = Headers.from_mapping({"Accept": " text/html\t", "X-Tab": "a\tb", "X-Latin": "é"})
    assert headers.fields == (("Accept", "text/html"), ("X-Tab", "a\tb"), ("X-Latin", "é"))
    assert Headers.from_mapping(headers) is headers
    assert Headers.from_mapping({}) == Headers()


@pytest.mark.parametrize(
    ("mapping", "error", "message"),
    [
        ([("A", "b")], TypeError, "must be a mapping of str to str, not list"),
        ("A: b", TypeError, "must be a mapping of str to str, not str"),
        ({1: "b"}, TypeError, "name must be a str, not int"),
        ({b"A": "b"}, TypeError, "name must be a str, not bytes"),
        ({"A": 1}, TypeError, "header 'A': the value must be a str, not int"),
        ({"A": None}, TypeError, "header 'A': the value must be a str, not NoneType"),
        ({"": "b"}, ValueError, "'' is no name"),
        ({"A b": "c"}, ValueError, "'A b' is no name"),
        ({"A:": "c"}, ValueError, "'A:' is no name"),
        ({"A\n": "c"}, ValueError, r"'A\\n' is no name"),
        ({"é": "c"}, ValueError, r"'\\xe9' is no name"),
        ({"Cookie": "s3cr3t\r\nX: y"}, ValueError, "header 'Cookie': the value has a control"),
        ({"Cookie": "s3cr3t\x00"}, ValueError, "header 'Cookie': the value has a control"),
        ({"Cookie": "\ns3cr3t"}, ValueError, "header 'Cookie': the value has a control"),
        ({"Cookie": "s3cr3t\u20ac"}, ValueError, "header 'Cookie': .* latin-1"),
        ({"Via": "1", "via": "2"}, ValueError, "twice, as 'Via' and 'via'"),
    ],
)
def test_an_unusable_header_names_the_field_and_the_rule(
    mapping: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        Headers.from_mapping(mapping)
    assert "s3cr3t" not in str(raised.value)


@given(FIELDS)
def test_fields_survive_the_block(fields: list[tuple[str, str]]) -> None:
    headers = Headers.from_fields(fields)
    assert headers.fields == tuple(fields)
    assert Headers.from_fields(headers.fields) == headers
    assert len(headers) == len(list(headers)) == len({name.lower() for name, _ in fields})
    for name, _ in fields:
        assert headers.get_all(name) == tuple(v for n, v in fields if n.lower() == name.lower())


@given(st.dictionaries(st.text(), st.text()))
def test_any_mapping_is_taken_or_refused_with_a_value_error(mapping: dict[str, str]) -> None:
    try:
        headers = Headers.from_mapping(mapping)
    except ValueError:
        return
    assert headers == {name: value.strip(" \t") for name, value in mapping.items()}


@given(FIELDS, st.randoms(use_true_random=False))
def test_equal_headers_have_equal_hashes(fields: list[tuple[str, str]], random: Any) -> None:
    shuffled = sorted(fields, key=lambda field: (random.random(), field))
    one, other = Headers.from_fields(fields), Headers.from_fields(shuffled)
    values = [sorted((n, h.get_all(n)) for n in {x.lower() for x in h}) for h in (one, other)]
    assert (one == other) is (values[0] == values[1])
    assert one != other or hash(one) == hash(other)
