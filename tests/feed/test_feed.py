"""The Feed: numbered URLs, one at a time, from anything that can be iterated."""

from collections.abc import Iterator
from itertools import count

import pytest

from concurrent_fetch import Feed, Job, feed_of


def taken(feed: Feed) -> tuple[int, str] | None:
    job = feed.take(0.0)
    return (job.index, job.url) if isinstance(job, Job) else None


def test_takes_in_order_and_then_nothing_for_ever() -> None:
    feed = feed_of(["a", "b", "a"])
    assert [taken(feed) for _ in range(5)] == [(0, "a"), (1, "b"), (2, "a"), None, None]


def test_reads_no_more_than_is_taken() -> None:
    read: list[int] = []

    def endless() -> Iterator[str]:
        for i in count():
            read.append(i)
            yield str(i)

    feed = feed_of(endless())
    assert read == []
    assert [taken(feed), taken(feed)] == [(0, "0"), (1, "1")]
    assert read == [0, 1]


def test_what_the_iterable_raises_passes_through() -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise KeyError("mine")

    feed = feed_of(broken())
    taken(feed)
    with pytest.raises(KeyError, match="mine"):
        taken(feed)


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("http://x/", r"got one str; write \['http://x/'\]"),
        (b"http://x/", "got bytes; decode"),
        (bytearray(b"x"), "got bytes; decode"),
        (None, "got NoneType"),
        (3, "got int"),
    ],
    ids=["str", "bytes", "bytearray", "none", "int"],
)
def test_what_is_no_set_of_urls_is_refused(urls: object, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        feed_of(urls)  # type: ignore[arg-type]  # misuse


def test_what_has_a_length_is_known_to_be_used_up_and_what_grows_is_not() -> None:
    urls = ["a", "b"]
    feed = feed_of(urls)
    taken(feed)
    assert not feed.is_used_up
    taken(feed)
    assert feed.is_used_up
    urls.append("c")
    assert not feed.is_used_up
    assert taken(feed) == (2, "c")


def test_of_what_has_no_length_it_is_not_known() -> None:
    feed = feed_of(iter(["a"]))
    assert [taken(feed), taken(feed)] == [(0, "a"), None]
    assert not feed.is_used_up
