"""Child: another interpreter that measures for this one. Nothing of it is left when it is ended."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

from concurrent_fetch._python import own_version
from concurrent_fetch._units import Seconds
from concurrent_fetch.runner._groups import IN_OWN_GROUP, end_group
from concurrent_fetch.runner._interpreters import Interpreter
from concurrent_fetch.runner._pipes import receive, receive_hello, send, shape
from concurrent_fetch.runner._words import Words
from concurrent_fetch.words import told

_TICK: Seconds = 0.1
_TO_START: Seconds = 60.0
_TO_END: Seconds = 0.7


class FailedThereError(Exception):
    """What was asked for failed there; the message goes on where the strategy's name ends."""

    def __init__(self, rest: str, trace: str = "") -> None:
        super().__init__(rest)
        self.trace = trace
        """Where it was raised there, as Python prints it; empty where nothing was."""


class Child:
    """Starts an interpreter and asks it, one thing at a time.

    Ctrl-C reaches only this process: it ends what it is waiting for, and the child with it. The
    child is in a process group of its own for that, but in the same session: to each session Linux
    gives an equal share of a busy machine, and the child would be faster than this process.

    Raises:
        FailedThereError: it does not start.
    """

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._words = Words()
        self._has_greeted = False
        self._printed = bytearray()
        """What came over the pipe before it was the child's own."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own
                interpreter.serving,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words.fileno(),
                bufsize=0,
                **IN_OWN_GROUP,
            )
        except OSError as error:
            self._words.close()
            raise FailedThereError(f"cannot start {interpreter.path}: {told(str(error))}") from None

    def greet(self) -> None:
        """Wait until it is there.

        Raises:
            FailedThereError: it is not, or has another concurrent_fetch whose results differ.
        """
        until = monotonic() + _TO_START
        hello = self._received(partial(receive_hello, printed=self._printed), until)
        if hello["shape"] != shape():
            raise FailedThereError(
                f"cannot run on {self._interpreter.path}: that has concurrent_fetch "
                f"{hello['version']}, whose results differ from those of {own_version()} here; "
                f"{self._cure}"
            )
        self._has_greeted = True

    def ask(self, verb: str, **arguments: Any) -> Any:
        """Let it do something, and wait for the answer.

        Raises:
            FailedThereError: that failed, or the interpreter died.
        """
        try:
            self._send((verb, arguments))
            sort, answer = self._received()
        except BaseException:
            self.kill()  # what it would still answer is an answer to nobody
            raise
        self._tell()
        if sort == "failed":
            raise FailedThereError(*answer)
        return answer

    def end(self) -> None:
        """Let it end, and see to it that it does."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(_TO_END)
        except subprocess.TimeoutExpired:
            self.kill()
        self._tell()
        self._words.close()

    def kill(self) -> None:
        """End it now, with all that it started."""
        end_group(self._process)

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            send(self._process.stdin.fileno(), message)
        except (OSError, ValueError):
            raise self._death() from None

    def _received(self, read: Callable[..., Any] = receive, until: Seconds | None = None) -> Any:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        descriptor = self._process.stdout.fileno()
        try:
            with _waiting(descriptor) as waiting:
                return read(descriptor, wait=lambda: self._wait(waiting, until))
        except FailedThereError:
            raise
        except EOFError:
            raise self._death() from None
        except Exception as error:  # noqa: BLE001 - to load what it answered may raise anything
            if read is receive:
                raise FailedThereError(f"answered what cannot be read here: {error!r}") from None
            raise self._no_word() from None

    def _wait(self, waiting: selectors.BaseSelector | None, until: Seconds | None) -> None:
        # In ticks: a signal at the very start of a wait is seen after it.
        while waiting is not None and not waiting.select(_TICK):
            if until is not None and monotonic() > until:
                raise self._no_word()
            if self._process.poll() is not None and not waiting.select(0):
                raise EOFError  # something that it started has the pipe still

    def _death(self) -> FailedThereError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_TO_END)
        code = self._process.returncode
        how = "closed its pipe" if code is None else f"ended with {_exit(code)}"
        last = self._last_words()
        is_ours = "concurrent_fetch" in last and not self._has_greeted  # it has an older one
        return FailedThereError(
            f"lost its interpreter, {self._interpreter.path}, which {how}{last and f': {last}'}"
            f"{f'; {self._cure}' if is_ours else ''}"
        )

    @property
    def _cure(self) -> str:
        """What to write where the other interpreter has another concurrent_fetch."""
        return f"write {self._interpreter.path} -m pip install concurrent_fetch=={own_version()}"

    def _no_word(self) -> FailedThereError:
        last = self._last_words()
        return FailedThereError(
            f"got no word from {self._interpreter.path}, as of a Python that has concurrent_fetch"
            f"{last and f', but: {last}'}"
        )

    def _last_words(self) -> str:
        return told((self._new_words().strip().splitlines() or [""])[-1])

    def _new_words(self) -> str:
        printed = self._printed.decode("utf-8", "replace")
        self._printed.clear()
        return printed + self._words.new()

    def _tell(self) -> None:
        """Show what was printed there."""
        if (words := self._new_words()) and sys.stderr is not None:
            sys.stderr.write(words)


def _exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


@contextlib.contextmanager
def _waiting(descriptor: int) -> Any:
    """Give what waits for a pipe in ticks; None where pipes cannot be waited for."""
    if os.name == "nt":
        yield None
        return
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        yield selector
