"""Every check of this repository.

`nox` alone runs what a change must pass, the quick ones first. What is long by nature has the tag
`long`: `nox -t long` runs it, and so does .ci/run.
"""

import os
from pathlib import Path

import nox

# The Pythons that are here are used; one that is not is named in the summary and skipped, also on
# a CI system, where nox would fail; none is ever downloaded.
nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "docs", "typing", "lowest", "frames", "tests"]
os.environ["UV_PYTHON_DOWNLOADS"] = "never"
# The tests start some thousand processes of this package: it is to be compiled once.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# What bytes from a server and threads go through.
EXPOSED = ["http", "wire", "feed", "fetch", "clients", "strategies", "sinks", "server"]
# Arithmetic and texts: the Pythons between the oldest and the newest are asked with what is long.
PURE = ["analysis", "export", "model", "render", "results", "stats"]
PROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str) -> None:
    """Install this package, editable, and what the groups of pyproject.toml name."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, *groups))


def pytest(
    session: nox.Session, marks: str, *arguments: str, alone: bool = True, count: int = 5
) -> None:
    """Run tests side by side; those that time something after them, each alone.

    Most wait most of the time: five at once are not too many for two cores.
    """
    beside = ("-n", str(count), "--dist", "loadgroup")
    session.run("pytest", *beside, "-m", f"({marks}) and not alone", *arguments)
    if alone:
        # 5: none of those that were asked for must run alone.
        session.run("pytest", "-m", f"({marks}) and alone", *arguments, success_codes=[0, 5])


@nox.session
def lint(session: nox.Session) -> None:
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def docs(session: nox.Session) -> None:
    """The pages, strictly; without running the notebooks, which the tests do."""
    build_docs(session, "-D", "nb_execution_mode=off")


@nox.session(tags=["long"])
def pages(session: nox.Session) -> None:
    """The same with what the notebooks show, into docs/_build/html."""
    build_docs(session)


def build_docs(session: nox.Session, *more: str) -> None:
    install(session, "docs")
    strict = ("-W", "--keep-going", "-n", "-E", "-q")
    session.run("sphinx-build", *strict, *more, "-b", "html", "docs", "docs/_build/html")


@nox.session
def typing(session: nox.Session) -> None:
    install(session, "typing")
    session.run("mypy")
    session.run("pyright")
    # All that a user can reach has a type that every type checker agrees on.
    session.run("pyright", "--verifytypes", "concurrent_fetch", "--ignoreexternal")


# On the oldest Python: not every old version has a wheel for the newer ones.
@nox.session(python=PYTHONS[0], venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """A quick part of the tests on the lowest versions that pyproject.toml allows."""
    groups = nox.project.dependency_groups(PROJECT, "test")
    session.install("--resolution", "lowest-direct", "-e", ".", *groups)
    paths = ("tests/clients/test_clients.py", "tests/fetch/test_fetch.py")
    pytest(session, "not long", *paths)


@nox.session
def frames(session: nox.Session) -> None:
    """Results handed to pandas, polars and pyarrow."""
    install(session, "frames")
    session.run("pytest", "tests/integration/frames")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests that are quick, and on all but the oldest Python those that depend on it.

    Between the oldest and the newest Python those of pure arithmetic and texts are left to `pure`.

    `nox -s tests-3.12 -- tests/stats` runs those of one room.
    """
    install(session, "test")
    is_first = session.python == PYTHONS[0]
    marks = "not long and not extras" if is_first else "not long and not extras and not once"
    is_between = session.python in PYTHONS[1:-1]
    left_out = [f"--ignore={room}" for room in tests_of(*PURE)] if is_between else []
    pytest(session, marks, *(session.posargs or left_out), alone=is_first)


@nox.session(tags=["long"], python=PYTHONS[1:-1])
def pure(session: nox.Session) -> None:
    """What `tests` leaves out on these Pythons."""
    install(session, "test")
    pytest(session, "not long and not extras and not once", *tests_of(*PURE), alone=False)


@nox.session(tags=["long"], python=PYTHONS[0])
def long(session: nox.Session) -> None:
    """Tests that take long by nature."""
    install(session, "test")
    pytest(session, "long", *session.posargs, count=2)
    session.run("pytest", "tests/feed/test_histories.py", env={"FEED_HISTORIES": "10000"})


@nox.session(tags=["long"], python="3.15")
def newest(session: nox.Session) -> None:
    """On the newest Python what may depend on it."""
    install(session, "test")
    pytest(session, "not long and not extras and not once", *tests_of(*EXPOSED))


@nox.session(tags=["long"], python="pypy3.11")
def pypy(session: nox.Session) -> None:
    """Fetching without a part in C, and where garbage is collected later."""
    install(session, "pypy")
    fetches = ("tests/fetch/test_failures.py", "tests/fetch/test_fetch.py")
    workers = "tests/strategies/test_processes.py"
    marks = "not long and not extras and not once"
    pytest(session, marks, *tests_of("http", "wire", "clients"), *fetches, workers)


@nox.session(tags=["long"], python="3.13t")
def free_threaded(session: nox.Session) -> None:
    """Threads without a GIL; `nox -s free_threaded -- 200000` makes that many fetches."""
    install(session, "bare")
    fetches = session.posargs[0] if session.posargs else "20000"
    session.run("python", "-m", "bench.load.crowd", fetches)
    wire = ("tests/wire/test_deadline_sockets.py", "tests/wire/test_kept.py")
    pytest(session, "not long and not extras and not once", *tests_of("feed", "strategies"), *wire)


def tests_of(*rooms: str) -> list[str]:
    return [f"tests/{room}" for room in rooms]


@nox.session(tags=["long"], python=PYTHONS[1:])
def kit(session: nox.Session) -> None:
    """The conformance kit on the built-in parts and on bad ones; `tests` asks it on one Python."""
    install(session, "test")
    pytest(session, "not long", "tests/testing")


@nox.session(tags=["long"], python=PYTHONS[0])
def extras(session: nox.Session) -> None:
    """All tests with the clients of extras, and the fault matrix with them among the others."""
    install(session, "httpx2")
    pytest(session, "extras and not long")
    session.run("pytest", "tests/fetch/test_matrix.py")


@nox.session(tags=["long"], python=PYTHONS[0])
def dask(session: nox.Session) -> None:
    """A cluster of dask: workers that die, that are taken away, a scheduler that is gone."""
    install(session, "dask")
    session.run("pytest", "tests/integration/dask")


# niquests replaces urllib3 for all that is installed beside it.
@nox.session(tags=["long"])
@nox.parametrize("group", ["examples", "niquests"])
def examples(session: nox.Session, group: str) -> None:
    """The conformance kit on the clients and strategies of docs/examples."""
    install(session, "test", group)
    pytest(session, "not long", f"docs/examples/test_{group}.py")


@nox.session(tags=["long"])
def pictures(session: nox.Session) -> None:
    """Every picture and page in headless Chromium, light and dark; keeps the screenshots."""
    install(session, "test")
    folder = Path(session.create_tmp(), "pictures").absolute()
    session.run("pytest", "tests/integration/pictures", env={"PICTURES": str(folder)})
    session.log(f"screenshots: {folder}")


@nox.session(tags=["long"])
def fuzz(session: nox.Session) -> None:
    """`nox -s fuzz -- 20000` tries that many examples of each sort; without a number 1,000."""
    install(session, "test")
    examples = session.posargs[0] if session.posargs else "1000"
    session.run("pytest", "tests/fetch/test_fuzz.py", env={"FUZZ_EXAMPLES": examples})


@nox.session(default=False, python=PYTHONS[0])
def atheris(session: nox.Session) -> None:
    """`nox -s atheris -- 3600` fuzzes the reader of responses so many seconds; else 240."""
    install(session, "atheris")
    seconds = session.posargs[0] if session.posargs else "240"
    session.run("python", "tests/support/fuzz_border.py", f"-max_total_time={seconds}")


@nox.session(tags=["long"])
def interrupts(session: nox.Session) -> None:
    """`nox -s interrupts -- 1000` interrupts each way at that many moments; without a number 40."""
    install(session, "test")
    moments = session.posargs[0] if session.posargs else "40"
    path = "tests/runner/test_interrupts_anywhere.py"
    session.run("pytest", "-n", "2", path, env={"INTERRUPTED_MOMENTS": moments})


@nox.session(tags=["long"], python=PYTHONS[0])
def cost(session: nox.Session) -> None:
    """What a fetch and an import cost, against the figures kept in bench/cost; needs valgrind."""
    install(session, "test")
    session.run("python", "-m", "bench.cost.importing")
    session.run("python", "-m", "bench.cost.instructions")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """`nox -s bench -- cost.overhead 40` runs bench/cost/overhead.py; without a name, lists all."""
    if not session.posargs:
        found = sorted(f"{path.parent.name}.{path.stem}" for path in Path("bench").glob("*/*.py"))
        session.skip(f"say which: nox -s bench -- {' | '.join(found)}")
    install(session, "test")
    script, *arguments = session.posargs
    session.run("python", "-m", f"bench.{script}", *arguments)


# niquests replaces urllib3 for all that is installed beside it: it has an environment of its own.
@nox.session(default=False)
def peers(session: nox.Session) -> None:
    """`nox -s peers -- --rounds 9` puts this package beside others; see bench/load/peers.py."""
    install(session, "test", "peers")
    alone = Path(session.create_tmp(), "niquests").absolute()
    session.run("python", "-m", "venv", alone)
    python = alone / "bin" / "python"
    groups = nox.project.dependency_groups(PROJECT, "niquests")
    session.run(python, "-m", "pip", "install", "-q", *groups, external=True)
    session.run("python", "-m", "bench.load.peers", "--also", python, *session.posargs)
