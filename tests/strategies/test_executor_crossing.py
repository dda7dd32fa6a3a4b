"""What of the user's own crosses to the workers of an executor, and what is said of the rest."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import executors
import pytest
from loky import get_reusable_executor

import concurrent_fetch as cf
from concurrent_fetch.server import LocalServer

pytestmark = pytest.mark.once

PROGRAM = """
import sys
import concurrent_fetch as cf
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def work(response):
    assert response.body

class Tag:
    pass

if __name__ == "__main__":
    def below(response):
        pass

    class Below:
        pass

    start, name, *urls = sys.argv[1:]
    own = globals()[name]
    options = cf.Options(work=None if isinstance(own, type) else own)
    tag = own() if isinstance(own, type) else None
    with ProcessPoolExecutor(1, mp_context=get_context(start)) as pool:
        run = cf.fetch_executor([cf.Request(url, tag=tag) for url in urls], options, executor=pool)
    print([outcome.ok and outcome.tag is tag for outcome in run])
"""


def ran(file: Path, how: str, *arguments: str) -> tuple[str, str]:
    """Run the program as a file or otherwise; return its output, and its last words."""
    file.write_text(PROGRAM)
    given = {"-c": ["-c", PROGRAM], "-": ["-"], "file": [str(file)]}[how]
    done = subprocess.run(
        [sys.executable, *given, *arguments],
        check=False,
        input=PROGRAM,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout, done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("how", "start"),
    [("file", "fork"), ("file", "spawn"), ("file", "forkserver"), ("-c", "fork")],
)
@pytest.mark.parametrize("name", ["work", "Tag"])
def test_what_a_program_defines_crosses_where_its_processes_have_it(
    local: LocalServer, tmp_path: Path, how: str, start: str, name: str
) -> None:
    out, errors = ran(tmp_path / "mine.py", how, start, name, *local.urls(2))
    assert out == "[True, True]\n", errors


@pytest.mark.parametrize(
    ("how", "start", "name", "what"),
    [("-c", "spawn", "work", "Options.work"), ("-", "forkserver", "Tag", "Request.tag")],
)
def test_what_is_no_file_cannot_be_run_again(
    tmp_path: Path, how: str, start: str, name: str, what: str
) -> None:
    _, errors = ran(tmp_path / "mine.py", how, start, name, "http://a.example")
    assert errors.splitlines()[-1] == (
        f"TypeError: {what} is of this script or notebook ({name}), which worker processes do not "
        "run: put it into a module of its own, as mine.py, and write import mine"
    )


@pytest.mark.parametrize("name", ["below", "Below"])
def test_what_workers_do_not_find_is_told_of(tmp_path: Path, name: str) -> None:
    _, errors = ran(tmp_path / "mine.py", "file", "spawn", name, "http://a.example")
    last = errors.splitlines()[-1]
    assert last.startswith("TypeError: a worker does not find what it is sent by name (Can't get")
    assert last.endswith("put it into a module of its own, as mine.py, and write import mine")


def loky_pool() -> Executor:
    made: Executor = get_reusable_executor(max_workers=2, timeout=30)
    return made


def test_other_pools_take_any_function(local: LocalServer) -> None:
    """They have cloudpickle, which sends the function and not its name."""
    own = cf.Options(work=lambda response: response.body)
    run = cf.fetch_executor(local.urls(3), own, executor=loky_pool)
    assert [outcome.ok for outcome in run] == [True] * 3


class Locked:
    """Nothing pickles it."""

    def __call__(self, _: object) -> None: ...

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle a lock")


@pytest.mark.parametrize("make", [executors.pool, loky_pool])
@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"work": Locked()}, "Options.work"),
        ({"sink": Locked()}, "Options.sink"),
        ({"retry": cf.Retry(on=Locked())}, "Retry.on"),
    ],
)
def test_what_does_not_pickle_is_refused(
    make: Callable[[], Executor], changes: dict[str, Any], what: str
) -> None:
    with make() as pool, pytest.raises(TypeError, match=f"^{what} cannot be sent to worker proc"):
        cf.iter_executor([], cf.Options(**changes), executor=pool)


def test_a_lambda_is_refused_where_functions_cross_by_name() -> None:
    with executors.pool() as pool:
        with pytest.raises(TypeError, match=r"Options\.work cannot.* no lambda or inner function"):
            cf.iter_executor([], cf.Options(work=lambda _: None), executor=pool)
        with pytest.raises(TypeError, match=r"^inner cannot be sent"):
            cf.iter_executor([], executor=pool, inner=lambda _, __: [])
