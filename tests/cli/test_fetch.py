"""`fetch` and `show` as one works with them: what is sent, what is shown when, what is kept."""

import asyncio
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from fetching import eventually
from program import PROGRAM, ROOT, InTerminal
from raw_server import Peer, RawServer, reply

from concurrent_fetch import Run, load
from concurrent_fetch.cli._commands import main
from concurrent_fetch.render._characters import width
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

REFUSED = "http://127.0.0.1:1/"


# --- What is sent ---


class Echo:
    """Answers every request, and keeps it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""

    def __call__(self, peer: Peer) -> None:
        while text := peer.read_head().decode():
            line, *lines = text.split("\r\n")
            fields = {n.lower(): v for n, _, v in (one.partition(": ") for one in lines)}
            body = peer.read_body(int(fields.get("content-length", 0)))
            self.requests.append((line.split()[0], fields, body))
            peer.send(reply(b"" if line.startswith("HEAD") else b"well"))


@pytest.fixture
def echo() -> Iterator[Echo]:
    script = Echo()
    with RawServer(script) as server:
        script.url = server.url()
        yield script


@pytest.mark.skipif(find_spec("uvloop") is None, reason="there is no uvloop here")
def test_fetch_runs_on_the_loop_that_is_named(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    factories: list[Any] = []

    runner = asyncio.Runner

    def made(*, loop_factory: Any) -> asyncio.Runner:
        factories.append(loop_factory)
        return runner(loop_factory=loop_factory)

    monkeypatch.setattr("concurrent_fetch.cli._fetching.asyncio.Runner", made)
    assert main(["fetch", "-s", "async+plain@uvloop", *local.urls(2)]) == 0
    assert main(["fetch", "-s", "async", *local.urls(2)]) == 0
    assert [getattr(made, "__module__", None) for made in factories] == ["uvloop", None]
    assert capsys.readouterr().out.count("200 ") >= 4


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("strategy", ["sync", "threaded+httpx", "async", "async+httpx@asyncio"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-d", "a=1"), ("POST", FORM, b"a=1")),
        (("-d", "a=1", "-d", "b=2"), ("POST", FORM, b"a=1&b=2")),
        (("-X", "put", "-d", "{}", "-H", "Content-Type: text/x"), ("PUT", "text/x", b"{}")),
        (("-X", "DELETE"), ("DELETE", None, b"")),
        (("-H", "X-One: 1", "-H", "X-Two:2:3"), ("GET", None, b"")),
    ],
)
def test_method_headers_and_body_are_sent(
    strategy: str, arguments: tuple[str, ...], expected: tuple[str, str | None, bytes], echo: Echo
) -> None:
    assert main(["fetch", "-s", strategy, *arguments, echo.url]) == 0
    ((sent, fields, content),) = echo.requests
    assert (sent, fields.get("content-type"), content) == expected
    if "X-One: 1" in arguments:
        assert (fields["x-one"], fields["x-two"]) == ("1", "2:3")


def test_a_body_may_be_that_of_a_file(echo: Echo, tmp_path: pathlib.Path) -> None:
    (tmp_path / "body").write_bytes(b"\x00\r\n\xff")
    assert main(["fetch", "-d", f"@{tmp_path / 'body'}", echo.url]) == 0
    assert echo.requests[0][2] == b"\x00\r\n\xff"


def test_a_comparison_sends_headers_and_keeps_the_pace(echo: Echo) -> None:
    arguments = ("-r", "1", "-s", "threaded", "-H", "X-One: 1", "--per-host", "1", "--delay", "0")
    assert main(["compare", *arguments, "--rate", "999", "--retry", "2", echo.url]) == 0
    assert {fields["x-one"] for _, fields, _ in echo.requests} == {"1"}


def test_limits_of_a_host_hold(local: LocalServer) -> None:
    assert main(["fetch", "--per-host", "2", *local.urls(6, "/delay/0.05")]) == 0
    assert local.stats().peak_in_flight == 2


def test_what_may_be_better_is_tried_again(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "--retry", "3", "--fail", local.url("/status/503")]) == 1
    assert local.stats().requests == 3
    capsys.readouterr()


def test_a_deadline_ends_the_run(local: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "--deadline", "0.3", *local.urls(3, "/delay/30")]) == 1
    assert "failed: 3 of 3 URLs" in capsys.readouterr().err


def test_with_fail_a_status_of_400_or_above_ends_with_1(local: LocalServer) -> None:
    assert main(["fetch", local.url("/status/404")]) == 0
    assert main(["fetch", "--fail", local.url("/status/404")]) == 1
    assert main(["fetch", "--fail", local.url("/get")]) == 0


# --- Where URLs come from ---


def test_several_files_are_read_one_after_another(
    local: LocalServer, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = local.urls(4)
    files = [listed(tmp_path / f"{i}.txt", urls[2 * i : 2 * i + 2]) for i in range(2)]
    assert main(["fetch", "--file", files[0], "--file", files[1]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:-1]] == urls


def listed(path: pathlib.Path, urls: list[str]) -> str:
    path.write_text("\n".join(urls))
    return str(path)


@pytest.mark.parametrize("command", ["fetch", "compare"])
def test_a_file_in_the_place_of_a_url_is_told_where_to_go(
    command: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = listed(tmp_path / "ten of them.txt", [REFUSED])
    assert main([command, file]) == 2
    assert f"{file!r} is a file, and no URL: write --file '{file}'" in capsys.readouterr().err


# --- What is not accepted ---

MISUSES = {
    ("--header", "x"): "--header: 'x' is no header, as 'Name: value' is",
    ("-H", "a: 1", "-H", "A: 2"): "--header 'a' is given twice: leave one of them out",
    ("-H", "Connection: close"): "error: --header must not set 'Connection'",
    ("-X", "CONNECT"): "error: --request cannot be CONNECT",
    ("-X", "a b"): "error: --request must be one word, as 'POST', got 'a b'",
    ("-d", "@/no/such"): "--data: cannot read '/no/such': No such file or directory",
    ("--per-host", "0"): "error: --per-host must be at least 1, got 0",
    ("--rate", "0"): "error: --rate must be above 0 and at most 1,000,000 starts per second, got 0",
    ("--delay", "-1"): "error: --delay must be finite seconds of at least 0, got -1.0",
    ("--retry", "0"): "error: --retry must be at least 1, since it counts the first try, got 0",
    ("--deadline", "0"): "error: --deadline must be finite seconds greater than 0, got 0.0",
    ("--timeout", "inf"): "every wait has an end: write --timeout 3600.0 for a long one",
}


@pytest.mark.parametrize("arguments", MISUSES)
def test_misuse_is_told_in_words_of_the_command_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", REFUSED, *arguments]) == 2
    *_, sentence = capsys.readouterr().err.splitlines()
    assert MISUSES[arguments] in sentence
    assert not re.search(r"None|Options|Request\b|[a-z]_[a-z]|\w\(", sentence)


def test_messages_of_compare_have_no_python_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("-r", "20,10"), ("--max-requests", "1"), ("--seed", "9" * 90)):
        assert main(["compare", REFUSED, *arguments]) == 2
        *_, sentence = capsys.readouterr().err.splitlines()
        assert f"error: {'--rounds' if arguments[0] == '-r' else arguments[0]}" in sentence
        assert not re.search(r"\(10|max_requests|an int", sentence)


def test_a_strategy_of_ones_own_is_given_urls_only(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ones_own.py").write_text("def loop(urls, options): return []\n")
    monkeypatch.chdir(tmp_path)
    assert main(["fetch", "-s", "ones_own:loop", "-X", "HEAD", REFUSED]) == 2
    assert (
        "--request and --data go with sync, threaded, async and processes"
        in capsys.readouterr().err
    )


# --- What is shown ---


@pytest.fixture
def thirty(local: LocalServer, tmp_path: pathlib.Path) -> str:
    urls = [*local.urls(26), local.url("/status/404"), "nope", REFUSED, REFUSED]
    return listed(tmp_path / "urls.txt", urls)


def test_many_outcomes_end_with_an_overview(
    thirty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "-s", "threaded+httpx", "--file", thirty]) == 1
    rows, overview = capsys.readouterr().out.split("\n\n")
    assert len(rows.splitlines()) == 30
    caption, header, *groups = overview.splitlines()
    assert caption.startswith("threaded+httpx: 30 URLs in ")
    assert header.split()[:2] == ["result", "URLs"]
    counts = {line.split()[0]: line.split()[1] for line in groups}
    assert counts == {"200": "26", "connect": "2", "404": "1", "invalid_url": "1"}


def test_show_prints_of_many_what_failed_and_the_overview_and_with_all_everything(
    thirty: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "x.json")
    main(["fetch", "--file", thirty, "--export", path])
    whole = capsys.readouterr().out
    assert main(["show", path]) == 0
    rows, overview = capsys.readouterr().out.split("\n\n")
    assert [row.split()[0] for row in rows.splitlines()] == ["404", "invalid_url", *["connect"] * 2]
    assert overview == whole.split("\n\n")[1]
    assert main(["show", "--all", path]) == 0
    assert capsys.readouterr().out == whole


def test_show_of_many_that_all_went_well_is_the_overview(
    local: LocalServer, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "x.json")
    main(["fetch", *local.urls(13), "--export", path])
    capsys.readouterr()
    assert main(["show", path]) == 0
    assert capsys.readouterr().out.startswith("threaded: 13 URLs in ")


# --- In a terminal, and Ctrl-C ---


@pytest.mark.parametrize("strategy", ["sync", "threaded", "async"])
@pytest.mark.parametrize("columns", [60, 120])
def test_a_terminal_sees_a_bar_and_outcomes_as_they_arrive(
    strategy: str, columns: int, local: LocalServer
) -> None:
    slow, quick = local.url("/delay/2"), [local.url("/status/200")] * 14
    program = InTerminal(columns, "fetch", "-s", strategy, *quick, slow)
    before = program.read(until="/status/200")
    assert "/delay/2" not in before
    lines = program.end()
    assert program.process.returncode == 0
    assert re.search(rf"\r{strategy}: +\d+%\|.*\| \d+/15 \[", program.written)
    assert max(map(width, lines)) <= columns, lines
    assert all("\r" not in line and "%|" not in line for line in lines)
    (place,) = (i for i, line in enumerate(lines) if line.startswith(f"{strategy}: 15 URLs in "))
    assert sum("/status/200" in line for line in lines[:place]) == 14
    assert "/delay/2" in lines[place - 1]


@pytest.mark.parametrize("strategy", ["sync", "threaded", "async"])
@pytest.mark.parametrize("columns", [60, 120])
def test_ctrl_c_in_a_terminal_keeps_what_is_there(
    strategy: str, columns: int, local: LocalServer, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "x.json"
    urls = [*local.urls(3, "/status/404"), *local.urls(3, "/delay/30")]
    program = InTerminal(columns, "fetch", "-s", strategy, "--export", str(path), *urls)
    program.read(until="/status/404?i=", times=3)
    program.process.send_signal(signal.SIGINT)
    lines = program.end()
    assert program.process.returncode == 130
    assert max(map(width, lines)) <= columns, lines
    assert "Traceback" not in program.written
    assert lines[-1] == "concurrent-fetch: interrupted after 3 of 6 URLs"
    assert any(line.startswith("3 URLs in ") for line in lines)
    run = load(path)
    assert isinstance(run, Run)
    assert [outcome.index for outcome in run] == [0, 1, 2]


def test_ctrl_c_shows_in_a_pipe_what_is_there(local: LocalServer, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.csv"
    urls = [local.url("/delay/30"), local.url("/status/200")]
    command = [*PROGRAM, "fetch", *urls, "--export", str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as process:
        eventually(lambda: local.stats().requests == 2, 10)
        time.sleep(1)  # for the answer to be taken
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert out.splitlines()[0].endswith("/status/200")
    assert err.splitlines()[-1] == "concurrent-fetch: interrupted after 1 of 2 URLs"
    assert path.read_text().count("\n") == 2


# --- Completion ---


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_printed_for_a_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print-completion", shell]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert all(word in captured.out for word in ("compare", "--per-host", "--export"))


def test_bash_completes_commands_and_names_of_files(tmp_path: pathlib.Path) -> None:
    script = subprocess.run(
        [*PROGRAM, "--print-completion", "bash"], capture_output=True, text=True, check=True
    ).stdout
    (tmp_path / "urls.txt").touch()
    (tmp_path / "urls").mkdir()
    for words, found in (
        ("fe", "fetch"),
        ("fetch --per", "--per-host"),
        ("fetch --file urls.", "urls.txt"),
        ("fetch --output ur", "urls"),
    ):
        asked = f"""{script}
            COMP_WORDS=(concurrent-fetch {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _shtab_concurrent_fetch; printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(
            ["bash", "-c", asked], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.stdout.split() == [found]


def test_without_shtab_completion_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--print-completion", "bash"]) == 2
    assert (
        '--print-completion needs shtab: pip install "concurrent_fetch[completion]"'
        in capsys.readouterr().err
    )


def test_a_shell_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print-completion", "cmd"]) == 2
    assert "--print-completion knows bash, zsh, " in capsys.readouterr().err
