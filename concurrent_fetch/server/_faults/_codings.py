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


@cache
def _nested() -> bytes:
    """Return 640 times 16 MiB of zeros, zipped twice."""
    packer = zlib.compressobj(wbits=31)
    inner = [packer.compress(_ZIPPED[:10]), *(packer.compress(_zeros()) for _ in range(640))]
    return b"".join(inner) + packer.flush()


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
) -> Fault:
    first = head(f"Content-Encoding: {coding}", "Connection: close")
    return fault(f"bomb_{name}", does, lasting(first, parts), Kind.TOO_LARGE, max_bytes=max_bytes)


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
    _coded("br", "says `br`, which nobody asked for", "br", b"\x0b\x02\x80hello\x03", Kind.DECODE),
    _coded(
        "zstd", "says `zstd`", "zstd", b"\x28\xb5\x2f\xfd\x04\x00\x29\x00\x00hello", Kind.DECODE
    ),
    _coded("compress", "says `compress`", "compress", b"\x1f\x9d\x90hello", Kind.DECODE),
    _coded("unknown", "says `odd`", "odd", _BODY, Kind.DECODE),
    _coded("list_unknown", "says `odd, gzip`", "odd, gzip", _ZIPPED, Kind.DECODE),
    _coded("parameter", "says `gzip;q=1`", "gzip;q=1", _ZIPPED, Kind.DECODE),
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
        lambda: iter([Part(_gzip(_gzip(b"") * 2_000_000))]),
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
