"""What all tests share: a folder of their own, no way out of this machine, and a clean database on both engines."""

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from tests import postgres
from tests.engines import Postgresql, Sqlite

ENGINES = ("sqlite", "postgresql")
SETTINGS = ("DATABASE_URL", "CARAVAN_DATA", "CARAVAN_ADMIN_PASSWORD", "HOST", "PORT")
LOOPBACK = ("127.", "::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=[*ENGINES, "both"], default="both", help="the databases to test on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for the database runs once on each engine, unless it is marked as a matter of one of them."""
    if "engine" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--db")
    engines = list(ENGINES) if chosen == "both" else [chosen]
    for mark in metafunc.definition.iter_markers("only"):
        engines = [engine for engine in engines if engine in mark.args]
    metafunc.parametrize("engine", engines, indirect=True, scope="session")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the folder that somebody works with."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CARAVAN_DATA", str(tmp_path))
    # A page that was run leaves itself behind as the main program, which the programs that a later test starts would run.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    """Hashing takes a quarter of a second on purpose; not here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "gensalt", partial(bcrypt.gensalt, 4))
        yield


@pytest.fixture(autouse=True, scope="session")
def _this_machine_only() -> Iterator[None]:
    """A test that would reach another machine fails, whatever is to be had there."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):  # type: ignore[index]
            raise AssertionError(f"A test tried to reach {address}. Tests talk to this machine only.")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sqlite | Postgresql]:
    """One engine with the tables made by the migrations, ready to be copied."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            made = Sqlite(tmp_path_factory.mktemp("sqlite"))
        else:
            try:
                made = Postgresql(stack.enter_context(postgres.running(in_memory=True)))
            except postgres.Missing as missing:
                pytest.fail(str(missing), pytrace=False)
        _migrate(made)
        yield made


def _migrate(engine: Sqlite | Postgresql) -> None:
    from db.session import forget_engine
    from db.upgrade import upgrade

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", engine.template_url())
        forget_engine()
        upgrade()
        forget_engine()
    engine.complete()


@pytest.fixture
def database(
    engine: Sqlite | Postgresql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _own_folder: None
) -> Iterator[str]:
    """The address of a clean database with every table and no row; the program is pointed at it."""
    from db.session import forget_engine

    url = engine.copy(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    forget_engine()
    yield url
    forget_engine()
    engine.drop(url)


# The cast and the pages


CAST = {
    "alice": "admin", "bob": "admin", "charlie": "viewer", "lily": "lister", "oscar": "operator", "petra": "pricing",
}  # fmt: skip


@pytest.fixture
def acting() -> Callable[[str], Any]:
    """The actor of somebody of the cast: acting("alice")."""
    from db.session import Actor
    from db.vocabulary import Role

    return lambda name: Actor(None, name, Role(CAST[name]))


@pytest.fixture
def given(database: str, acting: Callable[[str], Any]) -> Callable[..., list[Any]]:
    """Put rows into the database, as alice."""
    from db.session import transaction

    def put(*rows: Any) -> list[Any]:
        with transaction(acting("alice"), "tests.given") as session:
            session.add_all(rows)
        return list(rows)

    return put


@pytest.fixture
def open_page(database: str, monkeypatch: pytest.MonkeyPatch, acting: Callable[[str], Any]) -> Callable[..., Any]:
    """A page as somebody of the cast sees it, without a browser: open_page("products", as_="charlie")."""
    from streamlit import config
    from streamlit.testing.v1 import AppTest

    from lib.ui import people

    # AppTest itself keeps functions in the session state, where ours may not be.
    config.set_option("runner.enforceSerializableSessionState", False)

    def show(name: str, as_: str | None = "alice", **query: str) -> Any:
        monkeypatch.setattr(people, "current", lambda: acting(as_) if as_ else None)
        test = AppTest.from_file(str(Path(__file__).parents[1] / "Home.py"), default_timeout=30)
        for key, value in query.items():
            test.query_params[key] = value
        return test.switch_page(f"pages/{name}.py").run()

    return show
