"""Other interpreters: how they are found, named and started, and where they find modules."""

import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path
from time import perf_counter
from typing import Any

import crossing
import pytest
from pace import in_time
from pythons import OTHER, PYTHON, TAG, away, script

import concurrent_fetch as cf
from concurrent_fetch.errors import StrategyError, UnknownNameError
from concurrent_fetch.runner._as_here import UsersPaths, users_paths, with_users
from concurrent_fetch.runner._elsewhere import Elsewhere
from concurrent_fetch.runner._interpreters import (
    Interpreter,
    _looked_at,
    find_interpreter,
    told_apart,
)
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once


def test_this_interpreter_is_found_as_what_it_is() -> None:
    assert find_interpreter(sys.executable) == Interpreter(
        sys.executable,
        platform.python_implementation(),
        platform.python_version(),
        bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    )


# --- its name ---


def test_names_tell_the_interpreter() -> None:
    usual = Interpreter("/opt/a/bin/python3.13", "CPython", "3.13.5", is_free=False)
    free = Interpreter("/opt/b/bin/python3.13t", "CPython", "3.13.5", is_free=True)
    pypy = Interpreter("/opt/c/bin/pypy3", "PyPy", "3.11.11", is_free=False)
    assert [one.tags[0] for one in (usual, free, pypy)] == ["3.13", "3.13t", "pypy3.11"]


def test_two_of_the_same_name_are_told_apart() -> None:
    one = Elsewhere(cf.fetch_sync, Interpreter("/a/python", "CPython", "3.13.5", is_free=False))
    other = Elsewhere(cf.fetch_sync, Interpreter("/b/python", "CPython", "3.13.0", is_free=False))
    third = Elsewhere(cf.fetch_sync, Interpreter("/c/python", "CPython", "3.13.0", is_free=False))
    plan = cf.Runner(["http://localhost/"]).plan(one, other, third)
    assert plan.strategies == (
        "fetch_sync @ 3.13",
        "fetch_sync @ 3.13.0",
        "fetch_sync @ /c/python",
    )


# --- interpreters that are of no use ---


def test_an_interpreter_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownNameError, match=r"no interpreter is called 'python3\.99'"):
        cf.elsewhere(cf.fetch_sync, "python3.99")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo no; exit 3", "no"),
        ("echo some; echo broken >&2; exit 1", "broken"),
        ("exit 0", "it said nothing"),
    ],
)
def test_what_is_no_python_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"does not start as a Python: {said}$"):
        cf.elsewhere(cf.fetch_sync, script(tmp_path, text))


def test_what_does_not_answer_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("concurrent_fetch.runner._interpreters._LONG", 0.3)
    start = perf_counter()
    with pytest.raises(ValueError, match=r"does not start as a Python: no answer within 0\.3 s"):
        cf.elsewhere(cf.fetch_sync, script(tmp_path, "sleep 30; true"))
    in_time(perf_counter() - start, 5.0)


@pytest.mark.parametrize("python", [None, 5, b"python3", ["python3"]])
def test_what_names_no_interpreter_is_refused_with_what_to_write(python: Any) -> None:
    with pytest.raises(TypeError, match=r"a path or a name on PATH, as 'python3[.]13t', got"):
        cf.elsewhere(cf.fetch_sync, python)


@pytest.mark.parametrize("python", ["~nobody-of-that-name/python", "", "a\0b", "/"])
def test_what_cannot_be_an_interpreter_is_not_there(python: str) -> None:
    with pytest.raises(UnknownNameError, match="no interpreter is called"):
        cf.elsewhere(cf.fetch_sync, python)


def test_a_path_object_serves() -> None:
    assert repr(cf.elsewhere(cf.fetch_sync, Path(OTHER))) == f"fetch_sync @ {TAG}"


def test_without_concurrent_fetch_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    python = script(
        tmp_path, 'echo \'concurrent_fetch looks: ["CPython", "3.99.1", false, false]\''
    )
    with pytest.raises(ImportError, match="python9 -m pip install concurrent_fetch"):
        cf.elsewhere(cf.fetch_sync, python)


def test_a_version_whose_results_differ_is_refused(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("concurrent_fetch.runner._child.shape", lambda: "another")
    with pytest.raises(StrategyError, match="whose results differ from those of"):
        away(cf.fetch_sync)(local.urls(1))


# --- how it is started ---


@pytest.mark.parametrize(
    "text",
    [
        f"echo a banner; exec {PYTHON}",
        f"printf 'no end of line'; printf 'nor here' >&2; exec {PYTHON}",
        f"{PYTHON}; echo until the next time",
        f"head -c 20000 /dev/zero; exec {PYTHON}",
    ],
    ids=["banner", "no newline", "behind", "zeros"],
)
def test_what_is_printed_at_the_start_harms_nothing(
    local: LocalServer, tmp_path: Path, text: str
) -> None:
    start = perf_counter()
    assert len(cf.elsewhere(cf.fetch_sync, script(tmp_path, text))(local.urls(2))) == 2
    in_time(perf_counter() - start, 20.0)


def test_what_start_up_files_print_comes_to_stderr(
    local: LocalServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nprint('hello from site')\nos.write(1, b'and past its buffer')\n"
    )
    path = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    assert len(away(cf.fetch_sync)(local.urls(2))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "hello from site" in err
    assert "and past its buffer" in err


SERVES = 'case "$*" in *_there*)'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo we are closed", "ended with exit code 0: we are closed"),
        ("yes 'and so on'", "got no word from .* but: "),
        ("printf '\\000concurrent_fetch\\000aaaaaaaaaaaaaaaa'", "got no word from "),
        (
            "echo No module named concurrent_fetch.runner >&2; exit 1",
            "No module named concurrent_fetch.runner; write .*python9 -m pip install",
        ),
    ],
    ids=["ends", "prints on", "greets badly", "is older"],
)
def test_one_that_does_not_serve_is_quoted_at_once(
    local: LocalServer, tmp_path: Path, text: str, words: str
) -> None:
    python = script(tmp_path, f"{SERVES} {text};; *) exec {PYTHON};; esac")
    start = perf_counter()
    with pytest.raises(StrategyError, match=words):
        cf.elsewhere(cf.fetch_sync, python)(local.urls(2))
    in_time(perf_counter() - start, 20.0)


def test_one_that_is_silent_is_given_up(
    local: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("concurrent_fetch.runner._child._TO_START", 0.3)
    text = "echo press a key; sleep 30; true"
    python = script(tmp_path, f"{SERVES} {text};; *) exec {PYTHON};; esac")
    with pytest.raises(StrategyError, match=r"got no word from .* but: press a key"):
        cf.elsewhere(cf.fetch_sync, python)(local.urls(2))


def test_one_that_is_gone_since_is_said_so(local: LocalServer, tmp_path: Path) -> None:
    python = script(tmp_path, f"exec {PYTHON}")
    strategy = cf.elsewhere(cf.fetch_sync, python)
    Path(python).unlink()
    with pytest.raises(StrategyError, match=r"cannot start .*python9"):
        strategy(local.urls(2))


def program(*flags: str, cwd: Path, text: str, url: str = "", other: str = OTHER) -> str:
    """Run a program that has `run`, which fetches a URL elsewhere; return what it prints."""
    beginning = (
        "import sys; sys.path[:0] = {paths}\n"
        "import concurrent_fetch as cf\n"
        "def run(work):\n"
        "    away = cf.elsewhere(cf.fetch_sync, {other!r})\n"
        "    return away([{url!r}], cf.Options(work=work))\n"
    )
    paths = [str(Path(crossing.__file__).parent), str(Path(cf.__file__).parents[1])]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, *flags, "-c", beginning.format(paths=paths, other=other, url=url) + text],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def shadowing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that raise, called like those that the child imports."""
    for name in ("json", "attrs", "attr", "concurrent_fetch", "struct", "platform", "pickle"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name} of the folder')\n")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    _looked_at.cache_clear()
    return tmp_path


def test_nothing_is_imported_from_the_current_directory(
    shadowing: Path, local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shadowing)
    assert len(away(cf.fetch_sync)(local.urls(1))) == 1


def test_where_the_user_looks_first_what_the_child_needs_is_its_own(
    shadowing: Path, local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a notebook, which has imported json before its folder comes to be looked at."""
    monkeypatch.syspath_prepend(str(shadowing))
    assert len(away(cf.fetch_sync)(local.urls(1))) == 1


@pytest.mark.long
def test_modules_are_found_there_where_they_are_here(local: LocalServer, tmp_path: Path) -> None:
    early, late = tmp_path / "early", tmp_path / "late"
    for folder in (early, late):
        folder.mkdir()
        for name in ("both", f"only_{folder.name}"):
            (folder / f"{name}.py").write_text(
                f"def work(response):\n    open('found', 'a').write('{name} is {folder.name}, ')\n"
            )
    (late / "bisect.py").write_text("")  # that of the standard library comes first
    (tmp_path / "of_cwd.py").write_text("def work(response): pass\n")
    text = (
        f"sys.path.insert(0, {str(early)!r}); sys.path.append({str(late)!r})\n"
        "import both, only_early, only_late\n"
        "for one in (both, only_early, only_late): run(one.work)\n"
        "import os; sys.path.insert(0, os.getcwd()); import of_cwd; sys.path.pop(0)\n"
        "try: run(of_cwd.work)\n"
        "except cf.errors.StrategyError as error: print(error)\n"
    )
    said = program("-P", cwd=tmp_path, text=text, url=local.url("/bytes/10"))
    assert "No module named 'of_cwd'" in said
    found = (tmp_path / "found").read_text()
    assert found == "both is early, only_early is early, only_late is late, "


def test_paths_of_the_user_keep_their_place() -> None:
    users = UsersPaths(["a", "b"], ["c", "a"])
    assert with_users(users, ["b", "lib", "site"]) == ["a", "b", "lib", "site", "c"]


@pytest.mark.long
@pytest.mark.parametrize("flags", [["-O", "-P", "-Wignore::UserWarning", "-X", "dev"], ["-OO"]])
def test_it_has_the_flags_of_this_interpreter(
    local: LocalServer, tmp_path: Path, flags: list[str]
) -> None:
    text = (
        "import crossing; run(crossing.write_flags)\n"
        "print(open('flags').read()); crossing.write_flags(None); print(open('flags').read())"
    )
    url = local.url("/bytes/10")
    there, here = program(
        *flags, cwd=tmp_path, text=text, url=url, other=sys.executable
    ).splitlines()
    assert there == here


@pytest.mark.parametrize("flag", ["-I", "-E", "-s", "-B", "-bb", "-Werror::BytesWarning"])
def test_flags_that_isolate_go_with_it(tmp_path: Path, flag: str) -> None:
    text = (
        "from concurrent_fetch.runner._interpreters import Interpreter\n"
        "print(*Interpreter('/p', 'CPython', '3.99.1', False).serving[1:-3])"
    )
    flags = program(flag, "-X", "utf8", cwd=tmp_path, text=text).split()
    assert flag in flags
    assert "-X" not in flags  # only the same version takes each of these


def test_it_starts_where_the_current_directory_is_gone(
    tmp_path: Path, local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.syspath_prepend("")
    gone.rmdir()
    assert len(away(cf.fetch_sync)(local.urls(1))) == 1


# --- pure parts ---


def test_interpreters_are_told_apart_by_the_shortest_that_each_has_alone() -> None:
    pythons = [
        Interpreter(path, "CPython", version, is_free=path == "/t")
        for path, version in [
            ("/t", "3.13.5"),
            ("/a", "3.13.5"),
            ("/b", "3.13.0"),
            ("/c", "3.13.0"),
        ]
    ]
    assert told_apart(pythons) == ["3.13t", "3.13.5", "/b", "/c"]
    assert told_apart(pythons[:2]) == ["3.13t", "3.13"]


def test_only_modules_of_the_user_cross(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = str(tmp_path / "mine.zip")
    monkeypatch.setattr("sys.path", [mine, b"no path to Python", *sys.path])
    users = users_paths()
    assert users.before[0] == mine
    found = [*users.before[1:], *users.behind]
    assert not [one for one in found if one.endswith(("site-packages", ".zip"))]
    assert str(Path(crossing.__file__).parent) in users.before
    assert find_interpreter(OTHER) == find_interpreter(OTHER)
