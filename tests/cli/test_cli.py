"""The command line as people use it: the real program, its output, its exit codes, its end."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec

import pytest
from fetching import eventually
from pace import in_time

import concurrent_fetch
from concurrent_fetch import Response, fetch_sync
from concurrent_fetch.cli._commands import main
from concurrent_fetch.runner import find_interpreter
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once  # most start a process

PROGRAM = [sys.executable, "-W", "error", "-m", "concurrent_fetch"]
ROOT = pathlib.Path(concurrent_fetch.__file__).parents[1]
STRATEGIES = ("fetch_sync", "fetch_threaded", "fetch_async")
REFUSED = "http://127.0.0.1:1/"


def run(
    *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the program to its end."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        timeout=50,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


@contextlib.contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start the program, and see that it ends."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupt(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Send SIGINT; return stdout and stderr after a prompt end without a traceback."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    in_time(time.monotonic() - began, 3)
    assert "Traceback" not in err
    return out, err


# --- Without a command ---


@pytest.fixture(scope="module")
def demonstration() -> "subprocess.CompletedProcess[str]":
    began = time.monotonic()
    done = run()
    in_time(time.monotonic() - began, 20)
    return done


def test_the_default_is_a_comparison_of_all_three_on_a_server_of_its_own(
    demonstration: "subprocess.CompletedProcess[str]",
) -> None:
    table, explanation = demonstration.stdout.rstrip("\n").split("\n\n")
    header = next(line for line in table.split("\n") if line.startswith("strategy"))
    rows = {line.split()[0]: line for line in table.split("\n") if line.startswith("fetch_")}
    assert demonstration.returncode == 0
    assert "speed-up" in header
    assert tuple(rows) == STRATEGIES
    assert all("faster" in rows[name] for name in STRATEGIES[1:])
    result, *limits = explanation.split("\n")
    assert len(re.findall(r"\.(?= |$)", result)) == 2
    assert "The reason: " in result
    assert re.match(
        r"fetch_sync is [0-9.]+× slower than (the fastest, )?fetch_\w+(, one of the fastest)?: "
        "it waits for one fetch at a time, computing ",
        limits[0],
    )


def test_the_default_says_first_on_stderr_what_it_is_doing_and_last_what_to_know(
    demonstration: "subprocess.CompletedProcess[str]",
) -> None:
    line, *remarks = demonstration.stderr.splitlines()
    assert remarks[-1].startswith("not counted: the first run of each")
    assert "not counted" not in demonstration.stdout
    assert line.startswith("Comparing fetch_sync, fetch_threaded and fetch_async on ")
    assert line.endswith(": about 7 s.")


# --- fetch ---


def test_fetch_prints_a_line_for_each_url_in_order_and_the_total(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = [local.url("/bytes/10240"), local.url("/gzip"), local.url("/redirect/2")]
    assert main(["fetch", *urls]) == 0
    captured = capsys.readouterr()
    *lines, total = captured.out.splitlines()
    assert [line.split()[-1] for line in lines] == urls
    assert re.fullmatch(r"200  10240  +[\d.]+ (ms|µs|s)  http://\S+/bytes/10240", lines[0])
    assert re.fullmatch(r"3 URLs in \d+\.\d\d s", total)
    assert captured.err == ""


def test_fetch_names_failures_in_place_and_counts_them_on_stderr(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "nope", local.url("/get"), REFUSED]) == 1
    captured = capsys.readouterr()
    first, second, third, total = captured.out.splitlines()
    assert first.startswith("invalid_url  ")
    assert first.endswith("  nope  the scheme is missing: write http:// or https:// before it")
    assert second.startswith("200          ")
    assert third.startswith("connect  ")
    assert total.startswith("3 URLs in ")
    assert captured.err == "failed: 2 of 3 URLs\n"


def test_a_status_of_400_or_above_is_an_answer_that_is_counted(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", local.url("/status/404")]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("404  0  ")
    assert "\n1 URL in " in captured.out
    assert captured.err == "status 400 or above: 1 of 1 URL\n"


def test_user_info_is_hidden_and_control_characters_are_escaped(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = local.url("/get").replace("//", "//me:secret@")
    assert main(["fetch", secret, "http://\x1b[31m/"]) == 1
    captured = capsys.readouterr()
    assert "http://***@127.0.0.1" in captured.out
    assert "secret" not in captured.out + captured.err
    assert r"http://\x1b[31m/" in captured.out
    assert "\x1b" not in captured.out


@pytest.mark.parametrize("strategy", ["sync", "threaded", "async", "sync+httpx", "async+httpx"])
def test_fetch_takes_any_strategy(
    strategy: str, local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "-s", strategy, local.url("/get")]) == 0
    assert capsys.readouterr().out.startswith("200  ")


def test_options_reach_the_fetch(local: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    urls = local.urls(6, "/delay/0.1")
    assert main(["fetch", "-c", "2", *urls]) == 0
    assert local.stats().peak_in_flight == 2
    assert main(["fetch", "--timeout", "0.05", *urls]) == 1
    assert "failed: 6 of 6 URLs" in capsys.readouterr().err


def test_a_timeout_beyond_all_timers_is_no_limit(local: LocalServer) -> None:
    for strategy in ("threaded", "threaded+httpx", "async", "async+httpx"):
        assert main(["fetch", "-s", strategy, "--timeout", "1e12", local.url("/get")]) == 0


# --- compare ---


def test_compare_names_the_strategies_as_the_user_did(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["threaded", "threaded+httpx", "async"]
    flags = [argument for name in names for argument in ("-s", name)]
    assert main(["compare", *flags, "-r", "2", "--seed", "7", *local.urls(3)]) == 0
    table, explanation = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert "3 URLs × 2 rounds" in table
    assert "(seed 7)" in table
    rows = [line.split()[0] for line in table.split("\n")]
    assert [row for row in rows if row in names] == names
    assert explanation.startswith("There are too few rounds")


def test_compare_runs_each_strategy_on_another_interpreter_as_well(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["-s", "sync", "-s", "async", "--also-on", sys.executable]
    assert main(["compare", *flags, "-r", "1", *local.urls(2)]) == 0
    out = capsys.readouterr().out
    tag = find_interpreter(sys.executable).tags[0]  # and not the path, which may be long
    rows = [line.split()[:3] for line in out.splitlines()]
    assert [row for row in rows if row[1:2] == ["@"]] == [["sync", "@", tag], ["async", "@", tag]]
    assert "outside" in out


def test_an_interpreter_that_is_given_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--also-on", sys.executable, "--also-on", sys.executable]
    assert main(["compare", *flags, "http://127.0.0.1/"]) == 2
    assert f"--also-on {sys.executable} is given twice" in capsys.readouterr().err


def test_an_interpreter_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--also-on", "python3.99", "http://127.0.0.1/"]) == 2
    err = capsys.readouterr().err
    assert "--also-on: no interpreter is called 'python3.99'" in err


@pytest.mark.skipif(find_spec("uvloop") is None, reason="there is no uvloop here")
def test_compare_takes_a_loop_behind_the_client_and_says_so(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["async", "async@uvloop", "async+plain@uvloop"]
    flags = [argument for name in names for argument in ("-s", name)]
    assert main(["compare", *flags, "-r", "1", *local.urls(3)]) == 0
    out, err = capsys.readouterr()
    rows = [line.split()[0] for line in out.splitlines() if line]
    assert [row for row in rows if row in names] == names
    assert "async@uvloop, async+plain@uvloop: it runs on uvloop.Loop where async" in out + err


def test_a_loop_that_is_not_installed_is_told_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    for command in ("compare", "fetch"):
        assert main([command, "-s", "async@uvloop", "http://127.0.0.1:1/"]) == 2
        assert 'pip install "concurrent_fetch[fast]"' in capsys.readouterr().err


def test_compare_takes_all_three_where_none_is_named(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", local.url("/get"), "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert [line.split()[0] for line in lines[2:5]] == ["sync", "threaded", "async"]


def test_compare_stops_at_the_look_where_all_is_clear(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = local.urls(8, "/delay/0.01")
    assert main(["compare", "-s", "sync", "-s", "async", "-r", "9,200", *urls]) == 0
    assert "8 URLs × 9 rounds" in capsys.readouterr().out


def test_compare_ends_with_1_where_a_url_failed_and_with_0_where_it_was_refused(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = [local.url("/get"), local.url("/status/500")]
    assert main(["compare", "-r", "1", *urls]) == 0
    assert capsys.readouterr().err.endswith(")\nstatus 400 or above: 1 of 2 URLs\n")
    assert main(["compare", "-r", "1", *urls, REFUSED]) == 1
    captured = capsys.readouterr()
    assert captured.err.endswith(")\nfailed: 1 of 3 URLs\nstatus 400 or above: 1 of 3 URLs\n")
    assert "not counted: " in captured.err
    assert "not counted: " not in captured.out


def test_a_strategy_that_fails_ends_with_1_and_its_sentence(
    local: LocalServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no more threads")

    monkeypatch.setattr("concurrent_fetch.cli._types.find_strategy", lambda _: broken)
    assert main(["compare", local.url("/get")]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("concurrent-fetch: strategy 'sync' ")
    assert captured.err.endswith("no more threads\n")


# --- Where URLs come from ---

LIST = "\ufeff# my list\r\n\r\n  {0}  \n{1}\n   # the last\n"


def test_urls_from_a_file_without_comments_and_blank_lines(
    local: LocalServer, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = local.urls(2)
    (tmp_path / "urls.txt").write_bytes(LIST.format(*urls).encode())
    assert main(["fetch", "--file", str(tmp_path / "urls.txt")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:-1]] == urls


@pytest.mark.parametrize("arguments", [("-",), ("--file", "-"), ("-c", "2", "-")])
def test_urls_from_stdin(arguments: tuple[str, ...], local: LocalServer) -> None:
    urls = local.urls(2)
    done = run("fetch", *arguments, stdin=LIST.format(*urls).encode())
    assert [line.split()[-1] for line in done.stdout.splitlines()[:-1]] == urls
    assert done.returncode == 0


def test_urls_on_both_sides_of_an_option(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = local.urls(3)
    assert main(["fetch", urls[0], "-c", "2", urls[1], "--timeout", "9", urls[2]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:-1]] == urls


# --- Usage ---

URL = "http://127.0.0.1:1/"
MISUSES = {
    ("compare",): "no URLs: write them as arguments, or --file FILE, or - to read stdin",
    ("fetch", URL, "--file", "x"): "there are URLs both as arguments and by --file",
    ("fetch", "-", URL): "- stands alone: it reads all URLs from stdin",
    ("fetch", "--file", "/no/such"): "cannot read '/no/such': No such file or directory",
    ("fetch", "--file", os.devnull): f"no URLs in {os.devnull!r}: write one per line",
    ("fetch", URL, "-s", "thraeded"): "--strategy: no strategy is called 'thraeded' (did you "
    "mean 'threaded'?)",
    ("compare", URL, "-s", "sync+htpx"): "--strategy: no client is called 'htpx' (did you mean "
    "'httpx'?). There are",
    ("compare", URL, "-s", "sync+zz"): "no client is called 'zz'. There are",
    ("compare", URL, "-s", "sync+aiohttp"): "client 'aiohttp' works with fetch_async only",
    ("compare", URL, "-s", "sync", "-s", "sync"): "--strategy sync is given twice",
    ("fetch", URL, "-s", "sync", "-s", "async"): "fetch takes one --strategy",
    ("fetch", URL, "-c", "0"): "--concurrency must be at least 1, got 0",
    ("fetch", URL, "-c", "many"): "--concurrency: 'many' is no whole number",
    ("fetch", URL, "--timeout", "-1"): "--timeout must be",
    ("fetch", URL, "--timeout", "nan"): "--timeout must be",
    ("fetch", URL, "--timeout", "30s"): "--timeout: '30s' is no number of seconds",
    ("compare", URL, "-r", "0"): "--rounds must be at least 1, got 0",
    ("compare", URL, "-r", "20,10"): "--rounds must ascend",
    ("compare", URL, "-r", "10,"): "--rounds: '' is no whole number",
    ("compare", URL, "--seed", "x"): "--seed: 'x' is no whole number",
    ("compare", URL, "--conc", "3"): "unrecognized arguments: --conc 3",
    ("fetch", "--rounds", "3"): "unrecognized arguments: --rounds",
    ("serve", "--latency", "-1"): "--latency must be finite seconds of at least 0",
    ("serve", "--capacity", "0"): "--capacity must be",
    ("serve", "--port", "70000"): "--port must be",
    ("serve", "--per-host", "0"): "--per-host must be at least 1",
    ("serve", "--rate", "0"): "--rate must be above 0",
    ("serve", "--rate", "x"): "--rate: 'x' is no number",
    ("serve", "--retry-after", "-1"): "--retry-after must be from 0",
    ("serve", "--unavailable-first", "-1"): "--unavailable-first must be at least 0",
    ("serve", "--host", "nosuch.invalid"): "cannot listen (--host, --port): ",
    ("comapre", URL): "invalid choice: 'comapre'",
}


@pytest.mark.parametrize("arguments", MISUSES)
def test_misuse_ends_with_2_and_a_sentence(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    *_, sentence = captured.err.splitlines()
    assert sentence.startswith("concurrent-fetch")
    assert MISUSES[arguments] in sentence


@pytest.mark.parametrize("source", ["--file", "-"])
def test_a_list_with_lines_in_question_ends_with_2_and_names_no_flag(
    source: str, local: LocalServer, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "port.txt"
    path.write_text(f"{local.url('/get')}\n{local.url('/get')} {local.url('/get')}\n")
    before = local.stats().requests
    if source == "-":
        name, done = "stdin", run("fetch", "-", stdin=path.read_bytes())
    else:
        name, done = repr(str(path)), run("fetch", "--file", str(path))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"concurrent-fetch fetch: error: {name} is no list of one URL per line: line 2: two URLs, "
        "U+0020 SPACE before the second; write each on a line of its own"
    )
    assert local.stats().requests == before


def test_what_stands_around_a_url_in_a_file_is_taken_off(
    local: LocalServer, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = local.urls(3)
    path = tmp_path / "urls.txt"
    path.write_text(f'"{first}",\n\ufeff<{second}>\n{third} # {first}\n', encoding="utf-8")
    assert main(["fetch", "--file", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:-1]] == [first, second, third]


def test_a_file_that_is_not_utf_8_is_refused_by_name_and_line(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"http://example.com\nhttp://example.com/caf\xe9\n")
    assert main(["compare", "--file", str(path)]) == 2
    assert f"{str(path)!r} is not UTF-8 (line 2)" in capsys.readouterr().err


def test_stdin_that_is_not_utf_8_ends_with_2_and_no_traceback() -> None:
    done = run("fetch", "-", stdin=b"http://example.com/caf\xe9")
    assert done.returncode == 2
    assert "stdin is not UTF-8 (line 1)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_ends_with_2(
    local: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", str(local.port)]) == 2
    assert "cannot listen (--host, --port): Address already in use" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"concurrent-fetch \d\S*\n", capsys.readouterr().out)
    for command in ([], ["compare"], ["fetch"], ["serve"]):
        assert main([*command, "--help"]) == 0
        text = capsys.readouterr().out
        assert "example" in text
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 100


def test_importing_the_package_imports_no_argparse() -> None:
    program = "import sys, concurrent_fetch; sys.exit('argparse' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_script_is_the_same_program() -> None:
    script = pathlib.Path(sys.executable).with_name("concurrent-fetch")
    if not script.exists():
        pytest.skip("concurrent_fetch is not installed beside this Python")
    done = subprocess.run([script, "fetch"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no URLs" in done.stderr


# --- Output that is closed, full or of another encoding ---


def test_a_reader_that_leaves_early_is_no_error(local: LocalServer) -> None:
    # More than a pipe holds, so that the program is still writing when head has gone.
    stdin = "\n".join(local.urls(3000)).encode()
    command = [*PROGRAM, "fetch", "-s", "async", "-"]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT) as process,
        subprocess.Popen(["head", "-1"], stdin=process.stdout, stdout=pipe) as head,
    ):
        assert process.stdout
        process.stdout.close()
        _, err = process.communicate(stdin, timeout=40)
        first, _ = head.communicate()
    assert first.startswith(b"200  1024  ")
    assert first.count(b"\n") == 1
    assert err == b""
    assert process.returncode == 0


@pytest.mark.parametrize("arguments", [("--help",), ("fetch", REFUSED)])
def test_a_reader_that_was_never_there_is_no_error(arguments: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*PROGRAM, *arguments], stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    finally:
        os.close(write)
    assert done.returncode == (1 if "fetch" in arguments else 0)
    assert done.stderr == (b"failed: 1 of 1 URL\n" if "fetch" in arguments else b"")


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_ends_with_1_and_a_sentence(local: LocalServer) -> None:
    with pathlib.Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "fetch", local.url("/get")],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (b"concurrent-fetch: cannot write the output: No space left on device\n")


def test_closed_streams_are_no_error(local: LocalServer) -> None:
    command = f"exec '{sys.executable}' -m concurrent_fetch fetch {local.url('/get')} >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}]
)
def test_signs_that_the_output_cannot_hold_are_replaced(
    environment: dict[str, str], local: LocalServer
) -> None:
    done = run("compare", "-r", "1", local.url("/get"), REFUSED, environment=environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    if "PYTHONIOENCODING" in environment:
        assert "2 URLs x 1 round" in done.stdout
        assert "1.00x" in done.stdout
        assert done.stdout.isascii()


def test_for_other_hosts_the_number_of_requests_is_printed_before_any_is_sent() -> None:
    urls = [f"http://host.example/{i}" for i in range(3)]
    done = run("compare", "-s", "sync", "-s", "async", "-r", "5,8", "--max-requests", "59", *urls)
    assert done.returncode == 2
    assert done.stdout == ""
    plan, *_, refusal = done.stderr.splitlines()
    assert plan == (
        "at most 60 requests to host.example (60): 3 URLs × 2 strategies × 10 runs "
        "(2 of them untimed), up to 20 in flight"
    )
    assert "--max-requests=59 is too few: at most 60 requests" in refusal


@pytest.mark.parametrize(
    ("flags", "most"),
    [
        ([], "24 requests to host.example (24): 3 URLs × 1 strategy × 8 runs (2 of them untimed),"),
        (["--no-try-more"], "24 requests to"),
        (
            ["--try-more"],
            (
                "57 requests to host.example (57): 3 URLs × 1 strategy × 8 runs (2 of them "
                "untimed) and 10 runs to try more in flight and 3 URLs one at a time,"
            ),
        ),
    ],
)
def test_whether_more_in_flight_is_tried_is_a_flag(flags: list[str], most: str) -> None:
    urls = [f"http://host.example/{i}" for i in range(3)]
    few = ("-r", "6", "--max-requests", "1", "-c", "2")
    done = run("compare", "-s", "async", *few, *flags, *urls)
    assert done.returncode == 2
    assert done.stderr.startswith(f"at most {most}")


def test_for_this_machine_nothing_is_said_of_requests(local: LocalServer) -> None:
    done = run("compare", "-s", "sync", "-r", "1", "--max-requests", "3", local.url("/status/200"))
    assert done.returncode == 0
    assert "at most" not in done.stderr
    assert local.stats().requests == 3


def test_a_budget_of_seconds_ends_the_rounds(local: LocalServer) -> None:
    done = run("compare", "-s", "sync", "-r", "500", "--seconds", "0.1", local.url("/delay/0.06"))
    assert done.returncode == 0
    rounds = re.search(r"1 URL × (\d+) round", done.stdout)
    assert rounds is not None
    assert int(rounds[1]) <= 2  # each takes 60 ms or more


def test_a_terminal_shows_progress_and_a_folded_explanation(local: LocalServer) -> None:
    terminal, end = os.openpty()
    termios.tcsetwinsize(end, (24, 40))
    command = [*PROGRAM, "compare", "-r", "1", local.url("/delay/0.2")]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(command, stdout=end, stderr=end, cwd=ROOT, env=environment) as process:
        os.close(end)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while data := os.read(terminal, 4096):
                shown += data
    os.close(terminal)
    text = shown.decode()
    assert process.returncode == 0
    assert re.search(r"\d/9", text)
    assert "There are too few rounds to say which\r\n  strategy is faster." in text


# --- Ctrl-C ---


@pytest.mark.parametrize(
    "arguments",
    [
        ("fetch",),
        ("fetch", "-s", "async"),
        ("compare", "-s", "sync"),
        ("compare", "-s", "threaded+httpx"),
        ("compare", "-s", "async"),
    ],
    ids=" ".join,
)
def test_ctrl_c_ends_with_130_at_once(arguments: tuple[str, ...], local: LocalServer) -> None:
    with running(*arguments, *local.urls(30, "/delay/30")) as process:
        eventually(lambda: local.stats().requests, 10)
        time.sleep(0.2)  # http.client prints what Ctrl-C interrupts while it makes its objects
        out, err = interrupt(process)
    assert out == ""
    assert err == "concurrent-fetch: interrupted\n"
    assert process.returncode == 130


def test_ctrl_c_without_a_command_ends_the_server_too() -> None:
    with running() as process:
        assert process.stderr
        process.stderr.readline()
        time.sleep(0.5)
        interrupt(process)
    assert process.returncode == 130


SLOW_IMPORT = """
import sys, time
from concurrent_fetch.__main__ import main

class Slow:
    def find_spec(self, name, path, target=None):
        if name == "concurrent_fetch.cli":
            print("begun", flush=True)
            for _ in range(600):  # a signal at the very start of a wait is seen after it
                time.sleep(0.1)

sys.meta_path.insert(0, Slow())
sys.exit(main())
"""


def test_ctrl_c_while_it_is_imported_says_no_more_than_later() -> None:
    command = [sys.executable, "-c", SLOW_IMPORT, "fetch", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        assert interrupt(process) == ("", "concurrent-fetch: interrupted\n")
    assert process.returncode == 130


def test_ctrl_c_while_stdin_is_read() -> None:
    with running("compare", "-") as process:
        time.sleep(1.5)
        assert process.poll() is None
        interrupt(process)
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--unavailable-first", "1", "--retry-after", "1.5"), 503, "2"),
        (("--unavailable-first", "1", "--retry-after", "none", "--per-host", "4"), 503, None),
        (("--unavailable-first", "1", "--retry-after-as-date", "--rate", "1000"), 503, " GMT"),
    ],
)
def test_serve_turns_away_as_it_is_told(
    arguments: tuple[str, ...], status: int, said: str | None
) -> None:
    with running("serve", *arguments) as process:
        assert process.stdout
        [outcome] = fetch_sync([process.stdout.readline().strip()])
        interrupt(process)
    assert isinstance(outcome, Response)
    assert outcome.status_code == status
    retry_after = outcome.headers.get("Retry-After")
    assert (retry_after is None) == (said is None)
    assert retry_after is None or retry_after.endswith(str(said))


def test_serve_prints_its_url_serves_and_ends_by_ctrl_c_with_0() -> None:
    with running("serve", "--latency", "0.2", "--capacity", "1") as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        began = time.monotonic()
        assert main(["fetch", f"{url}/get", f"{url}/get"]) == 0
        assert time.monotonic() - began > 0.4
        out, err = interrupt(process)
    assert out == ""
    assert err == "Serving until Ctrl-C.\n"
    assert process.returncode == 0
