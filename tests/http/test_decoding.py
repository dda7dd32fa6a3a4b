"""Bodies: decoded while they arrive, never beyond the cap, a few pieces in memory at a time."""

import gzip
import math
import random
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrent_fetch import Options
from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.fetch._exchange import Exchange
from concurrent_fetch.http._codings import CODINGS as REGISTERED
from concurrent_fetch.http._codings import UNPACKED, zstd_module
from concurrent_fetch.http._decoding import Decoder
from concurrent_fetch.http._url import canonicalize

brotli = pytest.importorskip("brotli")
zstd = zstd_module()
TEXT = b"a body of a few words, and again: a body of a few words. " * 3


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def zstd_frame(data: bytes, window_log: int = 17) -> bytes:
    options = {zstd.CompressionParameter.window_log: window_log}
    stream = zstd.ZstdCompressor(options=options)
    return bytes(stream.compress(data) + stream.flush())


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data)),
    "zstd": zstd_frame,
}
SKIPPED_FRAME = b"\x50\x2a\x4d\x18\x03\0\0\0abc"


def encode(data: bytes, codings: Sequence[str]) -> bytes:
    for coding in codings:
        data = ENCODERS[coding](data)
    return data


def decode(chunks: Sequence[bytes], codings: Sequence[str], cap: int | None = None) -> bytes:
    decoder = Decoder(codings, cap)
    pieces = [piece for chunk in chunks for piece in decoded(decoder, chunk)]
    decoder.finish()
    return b"".join(pieces)


def decoded(decoder: Decoder, chunk: bytes) -> Iterator[bytes]:
    decoder.feed(chunk)
    return decoder.pieces()


def refusal_of(chunks: Sequence[bytes], codings: Sequence[str], cap: int | None = None) -> Refusal:
    with pytest.raises(Refusal) as refused:
        decode(chunks, codings, cap)
    return refused.value


def octets(wire: bytes) -> list[bytes]:
    return [wire[i : i + 1] for i in range(len(wire))]


STREAMS = {
    "gzip": (gzip.compress(TEXT), ["gzip"]),
    "zlib": (zlib.compress(TEXT), ["deflate"]),
    "bare deflate": (raw_deflate(TEXT), ["deflate"]),
    "gzip in gzip": (encode(TEXT, ["gzip", "gzip"]), ["gzip", "gzip"]),
    "gzip over deflate": (encode(TEXT, ["deflate", "gzip"]), ["deflate", "gzip"]),
    "bare deflate over gzip": (raw_deflate(gzip.compress(TEXT)), ["gzip", "deflate"]),
    "br": (encode(TEXT, ["br"]), ["br"]),
    "zstd": (encode(TEXT, ["zstd"]), ["zstd"]),
    "br over zstd": (encode(TEXT, ["zstd", "br"]), ["zstd", "br"]),
    "gzip over br": (encode(TEXT, ["br", "gzip"]), ["br", "gzip"]),
    "five codings": (encode(TEXT, ["gzip"] * 5), ["gzip"] * 5),
}
EACH_STREAM = pytest.mark.parametrize(("wire", "codings"), STREAMS.values(), ids=STREAMS)


def test_a_body_without_codings_passes_unchanged() -> None:
    chunk = b"some bytes"
    decoder = Decoder((), None)
    assert next(decoded(decoder, chunk)) is chunk
    decoder.finish()


@EACH_STREAM
def test_a_coded_body_is_decoded_whole_or_byte_by_byte(wire: bytes, codings: list[str]) -> None:
    assert decode([wire], codings) == TEXT
    assert decode(octets(wire), codings) == TEXT


@EACH_STREAM
def test_a_coded_body_cut_anywhere_is_refused(wire: bytes, codings: list[str]) -> None:
    for end in range(1, len(wire)):
        refusal = refusal_of([wire[:end]], codings)
        assert refusal.kind is FailureKind.DECODE
        assert "cut short" in refusal.message


@EACH_STREAM
@pytest.mark.parametrize("junk", [b"junk", b"\0junk", b"\x1f", b"\x1f\x8b"])
def test_junk_behind_a_coded_body_is_refused(wire: bytes, codings: list[str], junk: bytes) -> None:
    assert refusal_of([wire + junk], codings).kind is FailureKind.DECODE
    assert refusal_of([wire, *octets(junk)], codings).kind is FailureKind.DECODE


@EACH_STREAM
def test_an_empty_wire_is_an_empty_body(wire: bytes, codings: list[str]) -> None:
    assert wire
    assert decode([], codings) == decode([b"", b""], codings) == b""


@pytest.mark.parametrize("codings", [["br"], ["zstd"], ["exi"], ["gzip"] * 6])
def test_an_empty_wire_is_an_empty_body_whatever_its_codings(codings: list[str]) -> None:
    assert decode([b""], codings) == b""


def test_an_empty_layer_inside_another_is_cut_short() -> None:
    assert "cut short" in refusal_of([gzip.compress(b"")], ["gzip", "gzip"]).message
    assert decode([encode(b"", ["gzip", "gzip"])], ["gzip", "gzip"]) == b""


@pytest.mark.parametrize("padding", [b"", b"\0", b"\0" * 600])
def test_gzip_may_have_members_and_zeros_behind_them(padding: bytes) -> None:
    wire = gzip.compress(b"one ") + padding + gzip.compress(b"") + gzip.compress(b"two") + padding
    assert decode([wire], ["gzip"]) == decode(octets(wire), ["gzip"]) == b"one two"


def test_zeros_before_gzip_or_behind_deflate_are_junk() -> None:
    assert refusal_of([b"\0" + gzip.compress(TEXT)], ["gzip"]).kind is FailureKind.DECODE
    assert refusal_of([zlib.compress(TEXT) + b"\0"], ["deflate"]).kind is FailureKind.DECODE
    assert refusal_of([zlib.compress(TEXT) * 2], ["deflate"]).kind is FailureKind.DECODE


@pytest.mark.parametrize("place", [-1, -4, -5, -8, 0, 1, 2, 12])
def test_a_changed_octet_of_gzip_is_refused(place: int) -> None:
    wire = bytearray(gzip.compress(TEXT))
    wire[place] ^= 0xFF
    assert refusal_of([bytes(wire)], ["gzip"]).kind is FailureKind.DECODE


def test_a_changed_checksum_of_zlib_is_refused() -> None:
    wire = zlib.compress(TEXT)
    assert "corrupt" in refusal_of([wire[:-1] + bytes([wire[-1] ^ 1])], ["deflate"]).message


@pytest.mark.parametrize("coding", sorted(REGISTERED.difference(UNPACKED)))
def test_a_registered_coding_that_cannot_be_undone_is_refused_by_its_name(coding: str) -> None:
    for codings in ([coding], ["gzip", coding], [coding, "gzip"]):
        refusal = refusal_of([b"x"], codings)
        assert refusal.kind is FailureKind.DECODE
        assert f"{coding!r} of the body is not supported" in refusal.message


@pytest.mark.parametrize("between", [b"", SKIPPED_FRAME, zstd_frame(b"")])
def test_zstd_may_have_several_frames_and_some_to_skip(between: bytes) -> None:
    wire = between + zstd_frame(b"one ") + between + zstd_frame(b"two") + between
    assert decode([wire], ["zstd"]) == decode(octets(wire), ["zstd"]) == b"one two"


def test_zeros_or_a_second_stream_behind_br_are_junk() -> None:
    wire = encode(TEXT, ["br"])
    for junk in (b"\0", wire):
        for chunks in ([wire + junk], [wire, junk]):
            assert refusal_of(chunks, ["br"]).kind is FailureKind.DECODE
    assert refusal_of([zstd_frame(TEXT) + b"\0" * 9], ["zstd"]).kind is FailureKind.DECODE


def test_zstd_may_ask_for_a_window_of_8_mib_and_no_more() -> None:
    body = bytes(range(256)) * 40
    assert decode([zstd_frame(body, 23)], ["zstd"]) == body
    assert "corrupt" in refusal_of([zstd_frame(body, 24)], ["zstd"]).message


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_large_body_is_decoded_in_slices_of_any_size(coding: str) -> None:
    body = random.Random(1).randbytes(200_000) + bytes(2_000_000) + TEXT
    wire = encode(body, [coding])
    for size in (len(wire), 100_000, 999):
        chunks = [wire[at : at + size] for at in range(0, len(wire), size)]
        assert decode(chunks, [coding]) == body


@pytest.mark.once
@pytest.mark.parametrize(
    ("coding", "missing", "extra"),
    [
        ("br", ["brotli", "brotlicffi"], "brotli"),
        ("zstd", ["backports.zstd", "compression.zstd", "backports", "compression"], "zstd"),
    ],
)
def test_without_a_decoder_it_is_said_what_to_install(
    coding: str, missing: list[str], extra: str
) -> None:
    program = f"""
import sys
sys.modules.update(dict.fromkeys({missing!r}))
import concurrent_fetch as cf
from concurrent_fetch.http import Decoder
from concurrent_fetch._failure_kinds import Refusal
advice = 'python -m pip install "concurrent_fetch[{extra}]"'
try:
    cf.Options(encodings=("gzip", {coding!r}))
except ValueError as error:
    assert str(error).startswith("Options.encodings cannot name {coding!r}: "), error
    assert advice in str(error), error
else:
    raise AssertionError
decoder = Decoder([{coding!r}], None)
decoder.feed(b"x")
try:
    list(decoder.pieces())
except Refusal as refusal:
    assert refusal.kind is cf.FailureKind.DECODE
    assert advice in refusal.message, refusal.message
else:
    raise AssertionError
print("said")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "said\n", done.stderr


@pytest.mark.once
def test_an_old_brotli_that_cannot_stop_amid_a_bomb_is_no_decoder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Decompressor:
        pass

    monkeypatch.setattr(brotli, "Decompressor", Decompressor)
    assert "concurrent_fetch[brotli]" in refusal_of([b"x"], ["br"]).message


@pytest.mark.once
def test_decoders_are_imported_when_they_are_needed() -> None:
    program = """
import sys, gzip
import concurrent_fetch as cf
from concurrent_fetch.http import Decoder
cf.Options()
decoder = Decoder(["gzip"], None)
decoder.feed(gzip.compress(b"x"))
assert list(decoder.pieces()) == [b"x"]
seen = {"brotli", "backports.zstd", "compression.zstd", "webencodings"} & set(sys.modules)
assert not seen, seen
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_more_than_five_codings_are_refused() -> None:
    assert "6 content-codings" in refusal_of([encode(TEXT, ["gzip"] * 6)], ["gzip"] * 6).message


@pytest.mark.parametrize("codings", [["gzip"], ["deflate"], ["gzip", "gzip"]])
def test_the_body_itself_is_capped_by_its_taker(codings: list[str]) -> None:
    body = bytes(range(256)) * 400
    assert decode([encode(body, codings)], codings, len(body) - 1) == body


@pytest.mark.parametrize("coding", UNPACKED)
@pytest.mark.parametrize("layers", [1, 2])
def test_no_piece_is_longer_than_64_kib(coding: str, layers: int) -> None:
    codings = [coding] * layers
    pieces = list(decoded(Decoder(codings, None), encode(bytes(1_000_000), codings)))
    assert sum(map(len, pieces)) == 1_000_000
    assert max(map(len, pieces)) <= 65536


@pytest.mark.parametrize("codings", [[], ["gzip"], ["deflate"], ["br"], ["zstd"], ["gzip", "gzip"]])
def test_an_exchange_keeps_nothing_beyond_its_cap(codings: list[str]) -> None:
    body = bytes(range(256)) * 4000
    for cap, kept in ((len(body), True), (len(body) - 1, False)):
        exchange = Exchange(canonicalize("http://x/"), {}, Options(max_bytes=cap), math.inf)
        exchange.answer(200, [("Content-Encoding", coding) for coding in codings])
        if kept:
            exchange.receive(encode(body, codings))
            assert exchange.body == body
        else:
            with pytest.raises(Refusal, match=f"beyond max_bytes={cap}"):
                exchange.receive(encode(body, codings))
            assert len(exchange.body) <= cap


@pytest.mark.once
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cap", [20_000_000, None])
def test_a_bomb_fills_no_memory(coding: str, layers: int, cap: int | None) -> None:
    wire = encode(bytes(50_000_000), [coding] * layers)
    decoder = Decoder([coding] * layers, cap)
    size = 0
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    try:
        for piece in decoded(decoder, wire):
            size += len(piece)
            if cap is not None and size > cap:
                break
    except Refusal as refusal:
        assert refusal.kind is FailureKind.TOO_LARGE  # noqa: PT017 - a layer inside may be refused
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size == 50_000_000 if cap is None else size <= cap + 65536
    assert peak < 1_000_000


def test_a_bomb_of_empty_members_under_another_layer_is_too_large() -> None:
    wire = gzip.compress(gzip.compress(b"", mtime=0) * 300_000)
    assert refusal_of([wire], ["gzip", "gzip"], 1_000_000).kind is FailureKind.TOO_LARGE
    frames = gzip.compress(zstd_frame(b"") * 300_000)
    assert refusal_of([frames], ["zstd", "gzip"], 1_000_000).kind is FailureKind.TOO_LARGE


CODINGS = st.lists(st.sampled_from(UNPACKED), max_size=3)


@given(st.binary(max_size=300), CODINGS, st.lists(st.integers(0, 400), max_size=8))
def test_any_split_of_the_wire_gives_the_same_body(
    body: bytes, codings: list[str], cuts: list[int]
) -> None:
    wire = encode(body, codings)
    chunks = [wire[start:end] for start, end in pairwise([0, *sorted(cuts), len(wire) + 400])]
    assert decode(chunks, codings) == body


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=4), st.integers(0, 70))
def test_any_members_of_gzip_give_one_body(members: list[bytes], size: int) -> None:
    wire = b"".join(map(gzip.compress, members))
    chunks = [wire] if size == 0 else [wire[i : i + size] for i in range(0, len(wire), size)]
    assert decode(chunks, ["gzip"]) == b"".join(members)


@given(
    st.binary(max_size=200),
    st.lists(st.sampled_from([*UNPACKED, "compress"]), max_size=3),
    st.binary(max_size=30),
)
def test_any_bytes_are_decoded_or_refused(wire: bytes, codings: list[str], tail: bytes) -> None:
    for chunks in (
        [wire],
        octets(wire),
        [encode(wire, codings) + tail] if "compress" not in codings else [],
    ):
        try:
            decode(chunks, codings, 1000)
        except Refusal as refusal:
            assert refusal.kind in {FailureKind.DECODE, FailureKind.TOO_LARGE}  # noqa: PT017 - as good
