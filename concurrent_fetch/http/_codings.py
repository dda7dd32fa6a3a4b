"""Content-codings by their names, and what unpacks one stream of each that can be unpacked here.

What unpacks br and zstd is imported when such a body arrives, or is asked for: few need it.
Sources: IANA's registry of content codings; RFC 1950 to 1952 (zlib, deflate, gzip), RFC 7932 (br),
RFC 8878 and RFC 9659 (zstd, and the window that it may ask for).
"""

import sys
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

PIECE = 65536
ALIASES = {"x-gzip": "gzip", "x-compress": "compress"}
UNPACKED = ("gzip", "deflate", "br", "zstd")
CODINGS = frozenset({"aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", *UNPACKED})
"""All that are registered, but for the aliases and `identity`, which says that there is none."""

_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15  # "wbits" of zlib
_ZSTD_WINDOW = 23  # its binary logarithm: 8 MiB, as RFC 9659 has it
_INSTALL = 'install a decoder: python -m pip install "concurrent_fetch[{}]"'


def codings_in(value: str) -> tuple[str, ...]:
    """Return which codings a list names; any other name, as `none` or `utf-8`, changes no body."""
    names = [name.strip(" \t") for name in value.lower().split(",")]
    return tuple([coding for n in names if (coding := ALIASES.get(n, n)) in CODINGS])


class MissingDecoderError(Exception):
    """What unpacks a coding is not installed; the message says what to do."""


class Stream(Protocol):
    """One stream of a coding: a member of gzip, a frame of zstd."""

    error: type[Exception]
    """What `unpack` raises for corrupt data."""

    @property
    def ended(self) -> bool:
        """Whether it is whole."""
        ...

    @property
    def rest(self) -> bytes:
        """What of the data stands behind its end."""
        ...

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield pieces of at most 64 KiB, at least one, until the stream or the data ends."""
        ...


def stream(coding: str, start: bytes) -> Stream:
    """Return a new stream of one of `UNPACKED`; the first two bytes tell one deflate from another.

    Raises `MissingDecoderError`.
    """
    if coding == "br":
        return _Brotli()
    if coding == "zstd":
        return _Zstd()
    return _Deflated(_GZIP if coding == "gzip" else _deflate_window(start))


def _deflate_window(start: bytes) -> int:
    """Tell zlib from bare deflate, which some servers send, by zlib's two bytes (RFC 1950, 2.2)."""
    is_zlib = start[0] & 0x0F == 8 and start[0] >> 4 <= 7 and (start[0] << 8 | start[1]) % 31 == 0
    return _ZLIB if is_zlib else _RAW_DEFLATE


class _Deflated:
    """A member of gzip, or what deflate makes."""

    __slots__ = ("_inflater",)
    error: type[Exception] = zlib.error

    def __init__(self, window: int) -> None:
        self._inflater = zlib.decompressobj(window)

    @property
    def ended(self) -> bool:
        return self._inflater.eof

    @property
    def rest(self) -> bytes:
        return self._inflater.unused_data

    def unpack(self, data: bytes) -> Iterator[bytes]:
        inflater = self._inflater
        while True:
            piece = inflater.decompress(data, PIECE)
            data = inflater.unconsumed_tail
            yield piece
            if inflater.eof or (not data and len(piece) < PIECE):
                return


class _Brotli:
    """A stream of br. Its window, of 16 MiB at most, is as large as what comes out."""

    __slots__ = ("_decompressor", "error")

    def __init__(self) -> None:
        brotli = brotli_module()
        self.error: type[Exception] = brotli.error
        self._decompressor = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._decompressor.is_finished())

    @property
    def rest(self) -> bytes:
        return b""  # it calls corrupt what has something behind its end

    def unpack(self, data: bytes) -> Iterator[bytes]:
        decompressor = self._decompressor
        while True:
            # Beyond the limit it asks for no more room: what it returns may be half as long again.
            made = decompressor.process(data, output_buffer_limit=PIECE)
            for start in range(0, len(made) or 1, PIECE):
                yield made[start : start + PIECE]
            if decompressor.is_finished() or (
                decompressor.can_accept_more_data() and len(made) < PIECE
            ):
                return
            data = b""


class _Zstd:
    """A frame of zstd, or one to be skipped."""

    __slots__ = ("_decompressor", "error")

    def __init__(self) -> None:
        zstd = zstd_module()
        self.error: type[Exception] = zstd.ZstdError
        self._decompressor = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
        )

    @property
    def ended(self) -> bool:
        return bool(self._decompressor.eof)

    @property
    def rest(self) -> bytes:
        return bytes(self._decompressor.unused_data)

    def unpack(self, data: bytes) -> Iterator[bytes]:
        decompressor = self._decompressor
        while True:
            yield decompressor.decompress(data, PIECE)
            if decompressor.eof or decompressor.needs_input:
                return
            data = b""


def obstacle(coding: str) -> str | None:
    """Return why a coding cannot be undone here, and what helps; None if it can be."""
    if coding not in UNPACKED:
        return f"it is none of {', '.join(UNPACKED)}"
    try:
        if coding == "br":
            brotli_module()
        elif coding == "zstd":
            zstd_module()
    except MissingDecoderError as missing:
        return str(missing)
    return None


def brotli_module() -> Any:
    """Return what unpacks br: the package brotli, or brotlicffi, which PyPy needs.

    Raises `MissingDecoderError` also for one before 1.2, which cannot stop amid a bomb.
    """
    try:
        import brotli  # noqa: PLC0415 - optional
    except ImportError:
        try:
            import brotlicffi as brotli  # noqa: PLC0415 - optional  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise MissingDecoderError(_INSTALL.format("brotli")) from None
    if not hasattr(brotli.Decompressor, "can_accept_more_data"):
        raise MissingDecoderError(_INSTALL.format("brotli"))
    return brotli


def zstd_module() -> Any:
    """Return what unpacks zstd: the standard library since Python 3.14, before it a package.

    Raises `MissingDecoderError`.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - optional
        else:
            from backports import zstd  # noqa: PLC0415 - optional
    except ImportError:
        raise MissingDecoderError(_INSTALL.format("zstd")) from None
    return zstd
