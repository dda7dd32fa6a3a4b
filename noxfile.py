"""Every check of this repository. `nox` alone runs them all, the quick ones first."""

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
nox.options.sessions = [
    "lint",
    "floors",
    "docs",
    "typing",
    "lowest",
    "examples",
    "frames",
    "pictures",
    "tests",
]
os.environ["UV_PYTHON_DOWNLOADS"] = "never"

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
PROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str) -> None:
    """Install this package, editable, and what the groups of pyproject.toml name."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, *groups))


@nox.session
def lint(session: nox.Session) -> None:
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def floors(session: nox.Session) -> None:
    install(session, "test")
    session.run("pytest", "tests/house")


@nox.session
def docs(session: nox.Session) -> None:
    install(session, "docs")
    strict = ("-W", "--keep-going", "-n", "-E", "-q")
    session.run("sphinx-build", *strict, "-b", "html", "docs", "docs/_build/html")


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
    session.run("pytest", "tests/clients/test_clients.py", "tests/fetch/test_fetch.py")


# niquests replaces urllib3 for all that is installed beside it.
@nox.session
@nox.parametrize("group", ["examples", "niquests"])
def examples(session: nox.Session, group: str) -> None:
    """The conformance kit on the clients and strategies of docs/examples."""
    install(session, "test", group)
    session.run("pytest", f"docs/examples/test_{group}.py")


@nox.session
def pictures(session: nox.Session) -> None:
    """Every picture and page in headless Chromium, light and dark; keeps the screenshots."""
    install(session, "test")
    folder = Path(session.create_tmp(), "pictures").absolute()
    session.run("pytest", "tests/integration/pictures", env={"PICTURES": str(folder)})
    session.log(f"screenshots: {folder}")


@nox.session
def frames(session: nox.Session) -> None:
    """Results handed to pandas, polars and pyarrow."""
    install(session, "frames")
    session.run("pytest", "tests/integration/frames")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    install(session, "test")
    # The kit starts a server for each of some 700 checks, the docs measure, and some tests count on
    # numbers: once is enough.
    once = (
        "testing/test_testing",
        "house/test_snippets",
        "house/test_notebooks",
        "fetch/test_fuzz",
        "fetch/test_memory",
        "integration/test_soak",
    )
    rest = () if session.python == PYTHONS[0] else [f"--ignore=tests/{name}.py" for name in once]
    session.run("pytest", *rest, *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """`nox -s fuzz -- 20000` tries that many examples of each sort; without a number 5,000."""
    install(session, "test")
    examples = session.posargs[0] if session.posargs else "5000"
    session.run("pytest", "tests/fetch/test_fuzz.py", env={"FUZZ_EXAMPLES": examples})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """`nox -s bench -- cost.overhead 40` runs bench/cost/overhead.py; without a name, lists all."""
    if not session.posargs:
        found = sorted(f"{path.parent.name}.{path.stem}" for path in Path("bench").glob("*/*.py"))
        session.skip(f"say which: nox -s bench -- {' | '.join(found)}")
    install(session, "test")
    script, *arguments = session.posargs
    session.run("python", "-m", f"bench.{script}", *arguments)
