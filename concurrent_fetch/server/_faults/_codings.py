"""Content codings: their names and nesting, damaged streams, and bombs."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault, fault
from concurrent_fetch.server._faults._wires import (
    chunked,
    head,
    kept,
    lasting,
    made_when_asked,
    once,
    reply,
)
from concurrent_fetch.server._reply import Part

_BODY = b"hello " * 500
_DECODED = Answered(body=_BODY)
_MIB = 2**20


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


# What is packed as br and zstd, without a package for it: `_BODY` as one copy of many.
_BROTLI = bytes.fromhex("1bb70bf88d946ede445586966c206f715b1c806d00200e")
_ZSTD = bytes.fromhex("28b52ffd04386d00003068656c6c6f200100af8b5f8ab88174e7")
_IF_THERE_IS_A_DECODER = (_DECODED, Kind.DECODE)
_NO_DECODER = (Kind.DECODE,)
_TWICE = (Answered(body=_BODY * 2), Kind.DECODE)


def _raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


_ZIPPED = _gzip(_BODY)
_DEFLATED = zlib.compress(_BODY)


def _coded(
    name: str, does: str, coding: str, data: bytes, *expected: Expected, more: tuple[str, ...] = ()
) -> Fault:
    answer = kept(reply(data, f"Content-Encoding: {coding}", *more))
    return fault(f"ce_{name}", does, answer, *(expected or (_DECODED,)))


def _damaged(name: str, does: str, data: bytes) -> Fault:
    return _coded(f"gzip_{name}", does, "gzip", data, Kind.DECODE)


def _layers(count: int) -> tuple[str, bytes]:
    data = _BODY
    for _ in range(count):
        data = _gzip(data)
    return ", ".join(["gzip"] * count), data


def _named_member() -> bytes:
    """Return a gzip stream with a file name and a comment in its head (RFC 1952, 2.3)."""
    return _ZIPPED[:3] + b"\x18" + _ZIPPED[4:10] + b"name\0comment\0" + _ZIPPED[10:]


@cache
def _zeros() -> bytes:
    """Return 16 MiB of zeros as deflate blocks that may follow each other any number of times."""
    packer = zlib.compressobj(wbits=-15)
    zeros = bytes(_MIB)
    return b"".join(packer.compress(zeros) for _ in range(16)) + packer.flush(zlib.Z_FULL_FLUSH)


def _brotli_bomb() -> Iterator[Part]:
    """Yield 10 GiB of zeros as br, 16 MiB in 26 bytes."""
    yield Part(bytes.fromhex("cbffff3f002400e2b14072effff8ffff078004401c1680eefd9f01"))
    yield Part(
        bytes.fromhex("fcffff034002200e0b40f7fe8fffff7f004800c46101e8deff19") * 639 + b"\x03"
    )


def _zstd_bomb() -> Iterator[Part]:
    """Yield 10 GiB of zeros as zstd: blocks of 128 KiB that repeat one byte (RFC 8878, 3.1.1.2)."""
    yield Part(_ZSTD[:4] + b"\0\x68")  # a window of 8 MiB
    for _ in range(640):
        yield Part(b"\x02\0\x10\0" * 128)
    yield Part(b"\x01\0\0")


@cache
def _nested() -> bytes:
    """Return 640 times 16 MiB of zeros, zipped twice."""
    packer = zlib.compressobj(wbits=31)
    inner = [packer.compress(_ZIPPED[:10]), *(packer.compress(_zeros()) for _ in range(640))]
    return b"".join(inner) + packer.flush()


@cache
def _members() -> bytes:
    """Return two million empty members, zipped."""
    return _gzip(_gzip(b"") * 2_000_000)


def _thrice() -> bytes:
    """Return 1 GiB of zeros, zipped three times."""
    packer = zlib.compressobj(9, wbits=31)
    once = b"".join(packer.compress(bytes(_MIB)) for _ in range(1024)) + packer.flush()
    return _gzip(_gzip(once))


def _bomb(prefix: bytes) -> Callable[[], Iterator[Part]]:
    def parts() -> Iterator[Part]:
        yield Part(prefix)
        for _ in range(640):
            yield Part(_zeros())

    return parts


def _explodes(
    name: str,
    does: str,
    coding: str,
    parts: Callable[[], Iterator[Part]],
    max_bytes: int = 10 * _MIB,
    *,
    or_else: tuple[Expected, ...] = (),
) -> Fault:
    first = head(f"Content-Encoding: {coding}", "Connection: close")
    expected = (Kind.TOO_LARGE, *or_else)
    return fault(f"bomb_{name}", does, lasting(first, parts), *expected, max_bytes=max_bytes)


FAULTS = (
    _coded("gzip", "zips", "gzip", _ZIPPED),
    _coded("gzip_upper_case", "zips and says `GZIP`", "GZIP", _ZIPPED),
    _coded("xgzip", "zips and says `x-gzip`", "x-gzip", _ZIPPED),
    _coded("deflate", "deflates", "deflate", _DEFLATED),
    _coded("deflate_raw", "deflates without zlib's frame", "deflate", _raw(_BODY)),
    fault(
        "ce_deflate_raw_1byte",
        "deflates without that frame, in chunks of one byte",
        once(
            head("Content-Encoding: deflate", "Transfer-Encoding: chunked")
            + chunked(*[bytes([octet]) for octet in _raw(_BODY)])
        ),
        _DECODED,
    ),
    _coded("gzip_gzip", "zips twice", "gzip, gzip", _gzip(_ZIPPED)),
    _coded("deflate_gzip", "deflates, then zips", "deflate, gzip", _gzip(_DEFLATED)),
    _coded("gzip_deflate", "zips, then deflates", "gzip, deflate", zlib.compress(_ZIPPED)),
    _coded(
        "two_headers",
        "deflates, then zips, and says so in two fields",
        "deflate",
        _gzip(_DEFLATED),
        more=("Content-Encoding: gzip",),
    ),
    _coded("gzip_identity", "zips and adds `identity`", "gzip, identity", _ZIPPED),
    _coded("identity", "says `identity`", "identity", _BODY),
    _coded("nothing", "leaves the coding empty", "", _BODY),
    _coded("commas", "says `, gzip,`", ", gzip,", _ZIPPED),
    _coded("gzip_multi", "zips in two members", "gzip", _gzip(_BODY[:999]) + _gzip(_BODY[999:])),
    _coded("gzip_empty_member", "adds an empty member", "gzip", _ZIPPED + _gzip(b"")),
    _coded("gzip_trailing_nul", "pads with zeros", "gzip", _ZIPPED + bytes(512)),
    _coded("gzip_named", "names the file that it zips", "gzip", _named_member()),
    _coded("gzip_of_nothing", "zips no bytes", "gzip", _gzip(b""), Answered(body=b"")),
    _coded("gzip_no_body", "sends no bytes at all, as gzip", "gzip", b"", Answered(body=b"")),
    _coded("br_no_body", "sends no bytes at all, as br", "br", b"", Answered(body=b"")),
    _coded("gzip_x5", "zips five times", *_layers(5)),
    _coded("gzip_x7", "zips seven times", *_layers(7), Kind.DECODE),
    fault(
        "ce_gzip_chunked",
        "zips, in chunks",
        kept(
            head("Content-Encoding: gzip", "Transfer-Encoding: chunked")
            + chunked(*[_ZIPPED[at : at + 7] for at in range(0, len(_ZIPPED), 7)])
        ),
        _DECODED,
    ),
    fault("ce_none", "zips without saying so", kept(reply(_ZIPPED)), Answered(body=_ZIPPED)),
    _damaged("plain", "sends plain text as gzip", _BODY),
    _damaged("truncated", "cuts gzip short", _ZIPPED[:-12]),
    _damaged("header_only", "sends the first ten bytes of gzip", _ZIPPED[:10]),
    _damaged("half_header", "sends the first five bytes of gzip", _ZIPPED[:5]),
    _damaged("no_crc", "leaves the check sum out", _ZIPPED[:-8]),
    _damaged("half_crc", "leaves half of the check sum out", _ZIPPED[:-6]),
    _damaged("bad_crc", "sends a wrong check sum", _ZIPPED[:-8] + bytes(4) + _ZIPPED[-4:]),
    _damaged("bad_size", "sends a wrong size behind it", _ZIPPED[:-4] + bytes(4)),
    _damaged("corrupt", "breaks gzip in the middle", _ZIPPED[:20] + b"\xff" * 30 + _ZIPPED[50:]),
    _damaged("trailing_garbage", "adds junk", _ZIPPED + b"junk"),
    _damaged("second_corrupt", "breaks the second member", _ZIPPED + _ZIPPED[:10] + b"\xff" * 30),
    _damaged("second_truncated", "cuts the second member short", _ZIPPED + _ZIPPED[:-9]),
    _coded("deflate_truncated", "cuts deflate short", "deflate", _DEFLATED[:-9], Kind.DECODE),
    _coded("deflate_one_byte", "sends one byte as deflate", "deflate", _DEFLATED[:1], Kind.DECODE),
    _coded("deflate_trailing", "adds junk to deflate", "deflate", _DEFLATED + b"junk", Kind.DECODE),
    _coded("deflate_plain", "sends plain text as deflate", "deflate", _BODY, Kind.DECODE),
    _coded(
        "gzip_gzip_truncated",
        "zips what is cut short",
        "gzip, gzip",
        _gzip(_ZIPPED[:-12]),
        Kind.DECODE,
    ),
    _coded("gzip_once", "zips once and says twice", "gzip, gzip", _ZIPPED, Kind.DECODE),
    _coded("br", "packs as br", "br", _BROTLI, *_IF_THERE_IS_A_DECODER),
    _coded("br_upper_case", "packs as br and says `BR`", "BR", _BROTLI, *_IF_THERE_IS_A_DECODER),
    _coded(
        "br_gzip", "packs as br, then zips", "br, gzip", _gzip(_BROTLI), *_IF_THERE_IS_A_DECODER
    ),
    _coded("br_truncated", "cuts br short", "br", _BROTLI[:-3], Kind.DECODE),
    _coded("br_trailing", "adds junk to br", "br", _BROTLI + b"junk", Kind.DECODE),
    _coded("br_plain", "sends plain text as br", "br", _BODY, Kind.DECODE),
    _coded("zstd", "packs as zstd", "zstd", _ZSTD, *_IF_THERE_IS_A_DECODER),
    _coded("zstd_frames", "packs as zstd in two frames", "zstd", _ZSTD * 2, *_TWICE),
    _coded(
        "zstd_skipped",
        "adds a frame to be skipped",
        "zstd",
        b"\x50\x2a\x4d\x18\x03\0\0\0abc" + _ZSTD,
        *_IF_THERE_IS_A_DECODER,
    ),
    _coded(
        "zstd_gzip", "packs as zstd, then zips", "zstd, gzip", _gzip(_ZSTD), *_IF_THERE_IS_A_DECODER
    ),
    _coded("zstd_truncated", "cuts zstd short", "zstd", _ZSTD[:-3], Kind.DECODE),
    _coded("zstd_trailing", "adds junk to zstd", "zstd", _ZSTD + b"junk", Kind.DECODE),
    _coded("zstd_plain", "sends plain text as zstd", "zstd", _BODY, Kind.DECODE),
    _coded(
        "zstd_window",
        "asks for a window of 128 MiB",
        "zstd",
        _ZSTD[:5] + b"\x88" + _ZSTD[6:],
        Kind.DECODE,
    ),
    *[
        _coded(coding.replace("-", "_"), f"says `{coding}`", coding, _BODY, Kind.DECODE)
        for coding in (
            *("compress", "x-compress", "exi", "pack200-gzip", "dcb", "dcz", "aes128gcm"),
            *("COMPRESS", "identity, exi", "none, compress", "exi, utf-8"),
        )
    ],
    *[
        _coded(name, f"says `{coding}`", coding, _BODY)
        for name, coding in (
            ("unknown", "odd"),
            ("is_none", "none"),
            ("is_none_upper_case", "NONE"),
            ("utf_8", "utf-8"),
            ("utf8", "UTF8"),
            ("latin_1", "iso-8859-1"),
            ("binary", "binary"),
            ("8bit", "8bit"),
            ("base64", "base64"),
            ("chunked", "chunked"),
            ("aws_chunked", "aws-chunked"),
            ("media_type", "text/html"),
            ("null", "null"),
            ("star", "*"),
            ("brotli", "brotli"),
            ("zip", "zip"),
            ("quoted", '"gzip"'),
            ("parameter", "gzip;q=1"),
            ("blank_between", "gzip deflate"),
            ("latin_letter", "gzipp\xe9"),
            ("list_of_none", "none, utf-8,, binary"),
            ("list_of_many", ", ".join(["none"] * 50)),
        )
    ],
    _coded("list_unknown", "says `odd, gzip`", "odd, gzip", _ZIPPED),
    _coded("list_aws", "says `gzip,aws-chunked`", "gzip,aws-chunked", _ZIPPED),
    _coded("list_around", "says `none, GZIP, utf-8`", "none, GZIP, utf-8", _ZIPPED),
    _coded("list_between", "says `deflate, none, gzip`", "deflate, none, gzip", _gzip(_DEFLATED)),
    _coded(
        "none_and_gzip",
        "zips, and says `none` and `gzip` in two fields",
        "none",
        _ZIPPED,
        more=("Content-Encoding: gzip",),
    ),
    _coded(
        "gzip_x5_and_none",
        "zips five times and adds `none`",
        "none, " + _layers(5)[0],
        _layers(5)[1],
    ),
    fault(
        "ce_unknown_header",
        "says `utf-8`, which stays in the headers",
        kept(reply(_BODY, "Content-Encoding: utf-8")),
        Answered(body=_BODY, header=("Content-Encoding", "utf-8")),
    ),
    fault(
        "ce_gzip_short",
        "cuts a declared body short, amid gzip",
        once(reply(_ZIPPED, "Content-Encoding: gzip")[:-9]),
        Kind.INCOMPLETE,
    ),
    fault(
        "ce_gzip_204",
        "answers 204 and says gzip",
        kept(head("Content-Encoding: gzip", status="204 No Content")),
        Answered(status=204, body=b""),
    ),
    fault(
        "ce_gzip_at_cap",
        "zips as much as is allowed",
        kept(reply(_ZIPPED, "Content-Encoding: gzip")),
        _DECODED,
        max_bytes=len(_BODY),
    ),
    fault(
        "ce_gzip_over_cap",
        "zips one byte too many",
        kept(reply(_ZIPPED, "Content-Encoding: gzip")),
        Kind.TOO_LARGE,
        max_bytes=len(_BODY) - 1,
    ),
    _explodes("gzip", "zips 10 GiB of zeros into 10 MiB", "gzip", _bomb(_ZIPPED[:10])),
    _explodes(
        "br", "packs 10 GiB of zeros into 17 KB as br", "br", _brotli_bomb, or_else=_NO_DECODER
    ),
    _explodes(
        "zstd", "packs 10 GiB of zeros into 330 KB as zstd", "zstd", _zstd_bomb, or_else=_NO_DECODER
    ),
    _explodes(
        "zstd_frames",
        "sends empty frames of zstd without end",
        "zstd",
        lambda: iter(lambda: Part((_ZSTD[:4] + bytes.fromhex("2000010000")) * 3000), None),
        _MIB,
        or_else=_NO_DECODER,
    ),
    _explodes("deflate", "deflates 10 GiB of zeros into 10 MiB", "deflate", _bomb(_DEFLATED[:2])),
    _explodes(
        "nested", "zips 10 GiB of zeros twice", "gzip, gzip", lambda: iter([Part(_nested())])
    ),
    _explodes(
        "under_wire_cap",
        "stays below the cap only on the wire",
        "gzip",
        _bomb(_ZIPPED[:10]),
        11 * _MIB,
    ),
    _explodes(
        "members_inner",
        "zips two million empty members into 97 KB",
        "gzip, gzip",
        lambda: iter([Part(_members())]),
    ),
    _explodes(
        "members_outer",
        "sends empty members without end, zipped once",
        "gzip",
        lambda: iter(lambda: Part(_gzip(b"") * 3000), None),
        _MIB,
    ),
    fault(
        "bomb_uncapped",
        "zips 1 GiB of zeros three times into 400 bytes",
        made_when_asked(lambda: kept(reply(_thrice(), "Content-Encoding: gzip, gzip, gzip"))),
        Kind.TIMEOUT,
        timeout=0.5,
        max_bytes=None,
        keep_bodies=False,
    ),
    _explodes(
        "members",
        "sends empty members without end",
        "gzip, gzip",
        lambda: iter(lambda: Part(_gzip(_gzip(b"") * 3000)), None),
        _MIB,
    ),
)
