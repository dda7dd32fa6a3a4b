"""Options: what is the same for every strategy in a comparison."""

import inspect
import math
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeAlias

import attrs

from concurrent_fetch._failure_kinds import Refusal
from concurrent_fetch._progress import OnProgress, check_progress
from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.http import Decoder, Headers, proxy_origin, redact, redact_within
from concurrent_fetch.model._other_words import MISSING, OTHER_WORDS
from concurrent_fetch.model._outcome import Response
from concurrent_fetch.model._pace import DELAY, PER_HOST, RATE, Pace, Paces, as_paces
from concurrent_fetch.model._retry import Retry, as_retry
from concurrent_fetch.model._sent_headers import as_headers, sendable
from concurrent_fetch.model._sink import Sink, check_sink, takes_pieces
from concurrent_fetch.model._sugar import Cookies, as_auth, as_cookies, basic
from concurrent_fetch.words import (
    FLAG,
    Home,
    called,
    described,
    did_you_mean,
    hinted,
    is_whole,
    seconds,
    whole,
)

Work: TypeAlias = Callable[[Response], object]


def _another_limit(name: str, value: object) -> str:
    """Say what to write for no limit of time, and for two of them, as other libraries have it."""
    if isinstance(value, tuple) and len(value) == 2:
        return "; write connect_timeout=... and timeout=..., each one number"
    unlimited = value in (None, math.inf)
    return f"; every wait has an end: write {name}=3600.0 for a long one" if unlimited else ""


_DURATION = seconds(above=0, instead=_another_limit).of_field
_DEADLINE = seconds(above=0, none="None for no limit of the run").of_field
_FLAG = FLAG.of_field


def _verification(_: "Options", field: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, (bool, str)) or value == "":
        advice = "; write verify=str(path)" if isinstance(value, os.PathLike) else ""
        raise TypeError(
            f"Options.{field.name} must be True, False or the path of a CA bundle as a str, "
            f"got {value!r}{advice}"
        )


def _proxy(_: "Options", field: "attrs.Attribute[Any]", value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str) or not value:
        raise TypeError(
            f"Options.{field.name} must be the URL of a proxy as a str, as "
            f"'http://user:password@host:port', or None, got {type(value).__name__}"
        )
    try:
        proxy_origin(value, f"Options.{field.name}")
    except Refusal as refusal:
        raise ValueError(refusal.message) from None


def _as_url(value: str | None) -> str | None:
    """A proxy may be given as host:port, as the variables of the environment have it."""
    return f"http://{value}" if isinstance(value, str) and value and "://" not in value else value


def _redacted(value: str | None) -> str:
    return repr(value and redact(value))


def _work(_: "Options", field: "attrs.Attribute[Any]", value: object) -> None:
    if value is None:
        return
    if not callable(value):
        raise TypeError(f"Options.{field.name} must be a function or None, got {value!r}")
    if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
        raise TypeError(
            f"Options.{field.name} must be a plain function, got an async one; what needs the "
            "event loop belongs into a strategy of your own"
        )


def _sink(options: "Options", field: "attrs.Attribute[Any]", value: object) -> None:
    check_sink(f"Options.{field.name}", value, options.retry)


def _progress(_: "Options", field: "attrs.Attribute[Any]", value: object) -> None:
    check_progress(f"Options.{field.name}", value)


def _shown(value: object) -> str:
    """A value without secrets."""
    if isinstance(value, (Paces, Retry)):
        return str(value)
    if isinstance(value, Mapping):
        return ", ".join(value) or "none"
    if isinstance(value, str):
        return repr(redact(value))
    return called(value) if callable(value) else repr(value)


def _told(name: str, value: object) -> str:
    if name == "auth":
        return "not set" if value is None else "set"
    return _shown(value)


def _apart(mine: str, theirs: str) -> str:
    """Say how two values differ, in which all that may be shown may be the same."""
    return f"{mine} in both, but not the same" if mine == theirs else f"{mine} against {theirs}"


def _agree(values: tuple[object, object], saved: tuple[object, object]) -> bool:
    """Whether two values are the same, as far as is known of what was saved without secrets."""
    if values[0] == values[1]:
        return True
    return saved[0] == saved[1] and (values[0] == saved[0] or values[1] == saved[1])


def _as_journal(value: object) -> str | None:
    if value is None:
        return None
    path = os.fspath(value) if isinstance(value, (str, os.PathLike)) else value
    if not isinstance(path, str):
        raise TypeError(
            f"Options.journal must be the path of a file or None, got {type(value).__name__}; "
            "write journal='today.jsonl'"
        )
    if not path.lower().endswith(".jsonl"):
        raise ValueError(f"Options.journal must end in .jsonl, which load reads, got {path!r}")
    return path


def _as_headers(value: Mapping[str, str]) -> Headers:
    return as_headers("Options", value)


def _as_names(value: Iterable[str]) -> tuple[str, ...]:
    names: list[object] = [] if isinstance(value, str) else list(value)
    if isinstance(value, str) or not all(isinstance(name, str) and name for name in names):
        raise TypeError(
            "Options.secret_params must be names of query parameters, as ('code', 'state'), "
            f"got {value!r}"
        )
    return tuple(map(str, names))


class SavedEncodings(tuple[str, ...]):
    """What a saved result asked for: of no harm where the decoder is not installed."""

    __slots__ = ()


def _as_encodings(value: object) -> tuple[str, ...]:
    names = list(value) if isinstance(value, Iterable) else [value]
    if isinstance(value, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(
            "Options.encodings must be names of content-codings, as ('gzip', 'deflate'), or () to "
            f"ask for none, got {value!r}"
        )
    unique = dict.fromkeys(str(name).strip().lower() for name in names)
    return SavedEncodings(unique) if isinstance(value, SavedEncodings) else tuple(unique)


def _encodings(_: "Options", field: "attrs.Attribute[Any]", value: tuple[str, ...]) -> None:
    if isinstance(value, SavedEncodings):
        return
    for name in value:
        if reason := Decoder.obstacle(name):
            hint = did_you_mean(name, ("gzip", "deflate", "br", "zstd"))
            raise ValueError(f"Options.{field.name} cannot name {name!r}: {reason}{hint}")


_FIELD_OF = {"auth": "Authorization", "cookies": "Cookie", "user_agent": "User-Agent"}


def _no_other(options: "Options", field: "attrs.Attribute[Any]", value: Any) -> None:
    """Refuse what `headers` say too."""
    if value and (name := _FIELD_OF[field.name]) in options.headers:
        raise ValueError(f"Options.{field.name} and the header {name!r} are the same: write one")


def _user_agent(options: "Options", field: "attrs.Attribute[Any]", value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"Options.user_agent must be a str or None, got {value!r}")
    if not (value.strip() and value.isascii() and value.isprintable()):
        raise ValueError(f"Options.user_agent must be printable ASCII, got {value!r}")
    _no_other(options, field, value)


def _hidden(value: object) -> str:
    return repr(value and "***")


def _names() -> list[str]:
    return [field.name for field in attrs.fields(Options)]


def options_home(code: str) -> Home:
    """Return where options belong: into `code`, with {} for what goes into `Options`."""
    return Home(code, _names, OTHER_WORDS, MISSING)


@described
@hinted(options_home("Options({})"), noun="field")
@attrs.frozen(kw_only=True)
class Options:
    """How to fetch, whatever the strategy and the client.

    Raises:
        TypeError, ValueError: with the field, the value and the rule it broke.
    """

    concurrency: int = attrs.field(default=20, validator=whole(1).of_field)
    """Fetches in flight at once, the same meaning in every strategy; `fetch_sync` has always 1."""
    timeout: Seconds = attrs.field(default=30.0, validator=_DURATION)
    """Deadline of one fetch from its start to its last body byte, redirects included."""
    connect_timeout: Seconds = attrs.field(default=10.0, validator=_DURATION)
    """For the connection and the TLS handshake; never beyond `timeout`."""
    headers: Mapping[str, str] = attrs.field(
        factory=Headers, converter=_as_headers, validator=sendable
    )
    """Added to every request; replace the defaults of the same name."""
    encodings: tuple[str, ...] = attrs.field(
        default=("gzip", "deflate"), converter=_as_encodings, validator=_encodings
    )
    """Content-codings to ask for, by the same `Accept-Encoding` in every client: of `gzip`,
    `deflate`, and, where a decoder is installed (extras `brotli` and `zstd`; zstd is part of Python
    3.14), `br` and `zstd`; `()` asks for none. An `Accept-Encoding` in `headers` is sent instead.
    Whatever arrives is decoded wherever a decoder is there.
    """
    auth: tuple[str, str] | None = attrs.field(
        default=None, converter=as_auth, validator=_no_other, repr=_hidden
    )
    """`(user, password)`, for basic authentication at the origin of every given URL, and at no
    other that a redirect leads to; user info in a URL goes before it."""
    cookies: Mapping[str, str] = attrs.field(
        factory=lambda: Cookies({}), converter=as_cookies, validator=_no_other
    )
    """Sent with every request to the origin of a given URL: `{"name": "value"}`. What servers set
    is not added."""
    user_agent: str | None = attrs.field(default=None, validator=_user_agent)
    """Who asks, to every host: a name, and an address to write to."""
    max_redirects: int = attrs.field(default=10, validator=whole(0).of_field)
    """0 returns a 3xx as it is; one more than allowed is a failure."""
    keep_cookies: bool = attrs.field(default=True, validator=_FLAG)
    """Send the cookies that a redirect sets to the hops that follow it within the same fetch, each
    to the hosts and paths it is for. No other fetch gets them. False: they are dropped."""
    max_bytes: Bytes | None = attrs.field(
        default=100 * 2**20, validator=whole(1, none="None for no cap").of_field
    )
    """Cap of the decoded body, enforced while it arrives; None: no cap."""
    keep_bodies: bool = attrs.field(default=True, validator=_FLAG)
    """False: `Response.body` is empty, `Response.size` still counts."""
    reuse_connections: bool = attrs.field(default=True, validator=_FLAG)
    """False: a new connection for every URL."""
    verify: bool | str = attrs.field(default=True, validator=_verification)
    """TLS verification, or the path of a CA bundle."""
    trust_env: bool = attrs.field(default=False, validator=_FLAG)
    """Take proxies, `.netrc` and CA bundles from the environment, for all clients alike."""
    proxy: str | None = attrs.field(
        default=None, converter=_as_url, validator=_proxy, repr=_redacted
    )
    """The proxy for every URL, `http://user:password@host:port`, whatever the environment says."""
    allow_private: bool = attrs.field(default=True, validator=_FLAG)
    """False: fetch from public addresses only, in redirects too. An address that is not is
    `not_allowed`, and so is every URL in a client that does not check addresses (docs, "Security").
    """
    per_host: int | None = attrs.field(default=None, validator=PER_HOST.of_field)
    """Fetches in flight at once at one host, by its name; None: as many as `concurrency`."""
    delay: Seconds | None = attrs.field(default=None, validator=DELAY.of_field)
    """At least so long between two starts at one host; None: none."""
    rate: float | None = attrs.field(default=None, validator=RATE.of_field)
    """Starts per second over all hosts, in any second at most a tenth more and one; None: no limit.
    """
    hosts: Mapping[str, Pace] = attrs.field(factory=lambda: Paces({}), converter=as_paces)
    """Hosts with a pace of their own, by exact name: `{"api.example": Pace(per_host=8)}`. These
    limits hold for every strategy that pulls from the feed, as the built-in ones do. Counted are
    tries; redirects run in the place of the fetch that they belong to."""
    retry: Retry | None = attrs.field(default=None, converter=as_retry)
    """What is tried again: a `Retry`, or the number of attempts in all. None: nothing."""
    deadline: Seconds | None = attrs.field(default=None, validator=_DEADLINE)
    """Of the whole run, from its start: what is not answered by then is a `cancelled` failure. What
    could only be tried again later is not: its answer is final. Of a list that is every URL; of
    another iterable those that were read by then, since it may have no end."""
    digest: bool = attrs.field(default=False, validator=_FLAG)
    """Take the SHA-256 of the decoded body while it arrives (`Response.digest`)."""
    secret_params: tuple[str, ...] = attrs.field(
        default=(), converter=_as_names, eq=False, repr=False
    )
    """Names of query parameters whose values are hidden besides those that the list of secrets
    has (docs, "Security"); what is sent stays as it is."""
    journal: str | None = attrs.field(default=None, converter=_as_journal, eq=False, repr=_redacted)
    """The path of a file, there or not, whose name ends in `.jsonl`. It gets a line for each final
    outcome: after the sink and the work, and before the outcome is handed on. A later run with the
    same file skips the URLs that are done, each as often as it is done; failures are fetched again,
    and so are statuses that `retry` names (without it: those that `Retry()` does), but for a
    request that may be sent once only, if anybody can have heard of it. `Run` has what is new, and
    `index` is still the place in what was given. What an `iter_*` has written and not handed on
    when it ends counts as done: what must not be lost goes through `sink` or `work`. `load` reads
    all of the file, also while it grows. One run at a time may write it.
    """
    journal_sync: bool = attrs.field(default=True, validator=_FLAG, eq=False, repr=False)
    """Have the journal on the disk about every second, so that even a power cut loses no more.
    False: when the system likes; the death of this process alone loses nothing either way."""
    work: Work | None = attrs.field(default=None, validator=_work, repr=called, hash=False)
    """Called on every `Response` where it was fetched, in its thread or on its event loop, with
    the body there even if it is not kept. What it returns is dropped; what it raises ends the run.
    """
    sink: Sink | None = attrs.field(default=None, validator=_sink, repr=called, eq=False)
    """Where bodies go: a function of the final `Response`, called before `work` where that is, or a
    sink that takes pieces, as `Folder("pages")`. What it returns is `Response.sink`; what it raises
    ends the run. With a sink of pieces `Response.body` is empty, for `work` too, and `max_bytes`
    holds: write `max_bytes=None` for larger bodies. It never gets a response without a body (204,
    304, HEAD), and none of a status that `Retry.on` names, which may be tried again.
    """
    progress: bool | OnProgress = attrs.field(
        default=False, validator=_progress, repr=_shown, eq=False
    )
    """True shows a bar on stderr; a function gets a `Progress`, at most 20 a second and one at the
    end, in the thread that takes the outcomes or on the event loop. What it raises ends the run.
    Within a `Runner` it is off, since it would be on the clock: `Runner.progress` is for that.
    """

    @property
    def takes_pieces(self) -> bool:
        """Whether the sink takes bodies in pieces, while they arrive."""
        return takes_pieces(self.sink)

    def pace_of(self, host: str) -> Pace:
        """Return the pace that is in force at a host, by its name as `hosts` has it."""
        general = Pace(per_host=self.per_host, delay=self.delay)
        own = self.hosts.get(host)
        return general if own is None else own.over(general)

    @property
    def all_headers(self) -> Mapping[str, str]:
        """`headers`, and what `auth`, `cookies` and `user_agent` come to."""
        told = {"User-Agent": self.user_agent} if self.user_agent else {}
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.auth is not None:
            told["Authorization"] = basic(self.auth)
        return {**told, **self.headers} if told else self.headers

    def without_secrets(self) -> "Options":
        """Return the same, with `***` for what is secret: to be saved."""
        fields = _as_headers(self.headers).redacted()
        return attrs.evolve(
            self,
            auth=None if self.auth is None else ("***", "***"),
            cookies=dict.fromkeys(self.cookies, "***"),
            headers={n: redact_within(v, None, self.secret_params) for n, v in fields},
            proxy=self.proxy and redact(self.proxy),
            encodings=SavedEncodings(self.encodings),
        )

    def differences(self, other: "Options") -> tuple[str, ...]:
        """Return a phrase for each field that differs, this one's value first; headers by name.

        What one of them was saved without, `***`, is taken to be what the other has there.
        """
        saved = self.without_secrets(), other.without_secrets()
        return tuple(
            f"{name}: {_apart(*map(partial(_told, name), values))}"
            for name in (field.name for field in attrs.fields(Options) if field.eq)
            if not _agree(
                values := (getattr(self, name), getattr(other, name)),
                (getattr(saved[0], name), getattr(saved[1], name)),
            )
        )


def check_options(options: object) -> None:
    """Refuse what is given in the place of the options, and say what to write.

    Raises:
        TypeError: it is no `Options`.
    """
    if not isinstance(options, Options):
        number = is_whole(options)
        hint = f"Options(concurrency={options})" if number else "Options(concurrency=20)"
        raise TypeError(
            f"options must be an Options, got {type(options).__name__}; write for example {hint}"
        )
