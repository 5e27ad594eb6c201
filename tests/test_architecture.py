"""Who may import whom, how long things may be, and what may stand where: rules about the code, held by reading it.

Each test lists every place that breaks its rule.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lib.modules import WITHOUT_COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGE_LINES, MODULE_LINES, FUNCTION_LINES = 80, 300, 50

# The demo marketplace lives in the same database as the company: the one channel that may know it.
CHANNELS_WITH_A_DATABASE = {"lib/channels/demo.py", "lib/channels/demo_parcels.py"}
# Alembic's environment has a connection of its own when it is started by hand.
MAY_COMMIT = {"db/session.py", "db/migrations/env.py"}
# streamlit-authenticator keeps its hash and its rules of a good password in one package with its forms.
HASHES_PASSWORDS = {"lib/people/passwords.py"}
# Who is not signed in yet cannot be asked for a right, and may ask for help.
OPEN_TO_EVERYBODY = {"pages/login.py", "pages/support.py"}

SCREENS = {"streamlit", "streamlit_authenticator", "extra_streamlit_components", "plotly"}
DATABASES = {"db", "sqlalchemy", "alembic", "sqlite3", "psycopg"}
PURE = (
    "lib/codes/code_verdicts.py", "lib/codes/ean.py", "lib/counted.py", "lib/money.py", "lib/orders/order_profit.py",
    "lib/prices/exact_line.py",
    "lib/prices/formula.py", "lib/prices/formula_check.py", "lib/prices/formula_kernel.py", "lib/prices/price_bands.py",
    "lib/prices/price_chain.py", "lib/prices/price_ending.py", "lib/prices/price_reverse.py", "lib/problems.py",
    "lib/purchases/fees.py", "lib/purchases/freight.py",
)  # fmt: skip
TOUCHES_THE_WORLD = {"os", "io", "sys", "pathlib", "shutil", "socket", "subprocess", "tempfile", "time", "urllib"}
TOUCHES_THE_WORLD |= {"requests", "httpx", "random", "secrets", "threading", "logging", "db"} | SCREENS | DATABASES
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "base_utils", "stuff"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[str]:
    """The modules in these folders, as paths from the root; "." is the root alone."""
    found = [p for f in folders for p in ((ROOT / f).glob("*.py") if f == "." else (ROOT / f).rglob("*.py"))]
    return sorted(path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts)


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), file)


def nodes(file: str, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree(file)) if isinstance(node, kinds))


def imports(file: str) -> set[str]:
    """The full names of what a module imports, wherever in it. From here (`from . import x`) counts as "."."""
    names = {alias.name for node in nodes(file, ast.Import) for alias in node.names}
    for node in nodes(file, ast.ImportFrom):
        names |= {"." * node.level + f"{node.module or ''}.{alias.name}" for alias in node.names}
    return names


def packages(file: str) -> set[str]:
    return {name.partition(".")[0] or "." for name in imports(file)}


def importing(files: list[str], forbidden: set[str]) -> list[str]:
    return [f"{file} imports {name}" for file in files for name in sorted(packages(file) & forbidden)]


def parameters(function: Function) -> set[str]:
    given = function.args
    return {argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def test_there_is_something_to_read() -> None:
    assert {"lib/problems.py", "db/session.py"} <= set(modules("lib", "db"))
    assert packages("db/session.py") >= {"sqlalchemy", "os"}


def test_everybody_writes_where_an_import_comes_from() -> None:
    assert importing(modules(".", "pages", "lib", "db", "tests"), {"."}) == []


def test_pages_import_only_streamlit_and_lib() -> None:
    assert [f"{f} imports {p}" for f in modules("pages") for p in packages(f) - {"streamlit", "lib"}] == []


def test_db_knows_neither_lib_nor_the_screens() -> None:
    assert importing(modules("db"), {"lib", "pages", "tests", "bench"} | SCREENS) == []


def test_lib_knows_nobody_above_it() -> None:
    assert importing(modules("lib"), {"pages", "tests", "bench", "serve", "asgi", "Home", "nightly"}) == []


def test_only_lib_ui_draws() -> None:
    others = [file for file in modules("lib") if not file.startswith("lib/ui/")]
    assert importing([file for file in others if file not in HASHES_PASSWORDS], SCREENS) == []
    assert importing(sorted(HASHES_PASSWORDS), SCREENS - {"streamlit_authenticator"}) == []
    assert [f for f in others if any(name.startswith("lib.ui") for name in imports(f))] == []


def test_channels_know_the_network_and_never_the_database() -> None:
    assert importing([f for f in modules("lib/channels") if f not in CHANNELS_WITH_A_DATABASE], DATABASES) == []


def test_what_only_calculates_neither_reads_nor_writes() -> None:
    assert importing([file for file in PURE if (ROOT / file).exists()], TOUCHES_THE_WORLD) == []


def test_one_place_commits() -> None:
    """A command of ours may have that name, `imports.commit(...)`; a session's or a connection's is meant."""
    wrong = [
        f"{file}:{node.lineno} {called(node)}()"
        for file in modules(".", "pages", "lib", "db")
        if file not in MAY_COMMIT
        for node in nodes(file, ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("commit", "rollback")
        if ast.unparse(node.func.value) not in {name.rpartition(".")[2] for name in imports(file)}
    ]
    assert wrong == []


def test_nobody_holds_the_database_while_talking_to_a_marketplace() -> None:
    wrong = [
        f"{file}:{function.lineno} {function.name}"
        for file in modules(".", "lib", "db")
        if file not in CHANNELS_WITH_A_DATABASE
        for function in nodes(file, Function)
        if {"session", "channel"} <= parameters(function)
    ]
    assert wrong == []


def test_a_page_asks_who_is_there_before_anything_else() -> None:
    wrong = []
    for file in set(modules("pages")) - OPEN_TO_EVERYBODY - {"pages/__init__.py"}:
        after_imports = [n for n in tree(file).body if not isinstance(n, ast.Import | ast.ImportFrom)]
        first = next((n for n in after_imports if not isinstance(getattr(n, "value", None), ast.Constant)), None)
        call = getattr(first, "value", None)
        if not (isinstance(call, ast.Call) and called(call) == "page.open"):
            wrong.append(file)
    assert wrong == [], "the first statement of a page is page.open(...)"


def test_a_page_remembers_nothing_and_catches_nothing() -> None:
    banned = re.compile(r"session_state|cache_data|cache_resource|\bselect\b.+\bfrom\b", re.IGNORECASE)
    assert [f for f in modules("pages") if banned.search(ast.unparse(_without_docstring(file=f)))] == []
    assert [f for f in modules("pages") if any(nodes(f, ast.Try, ast.TryStar))] == []


def _without_docstring(file: str) -> ast.Module:
    body = tree(file).body
    return ast.Module(body[1:] if ast.get_docstring(tree(file)) else body, [])


def test_each_module_with_commands_has_a_name_of_its_own() -> None:
    """The history remembers a command by the last part of its module's name."""
    files = [Path(file) for file in modules("lib") if file.split("/")[1] not in WITHOUT_COMMANDS]
    names = [file.stem for file in files if file.stem != "__init__"]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    without = [file for file in modules("lib") if file.split("/")[1] in WITHOUT_COMMANDS]
    assert [file for file in without if {"lib.commands.command", "lib.jobs.job"} & imports(file)] == []


def test_files_are_short() -> None:
    wrong = []
    for file in modules(".", "pages", "lib", "db"):
        lines = len((ROOT / file).read_text(encoding="utf-8").splitlines())
        if lines > (PAGE_LINES if file.startswith("pages/") else MODULE_LINES) and "/versions/" not in file:
            wrong.append(f"{file} has {lines} lines")
    assert wrong == []


def test_functions_are_short() -> None:
    wrong = []
    for file in modules(".", "pages", "lib", "db"):
        for function in nodes(file, Function):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > FUNCTION_LINES and "/versions/" not in file:
                wrong.append(f"{file}:{function.lineno} {function.name} has {lines} lines")
    assert wrong == []


def test_a_file_is_named_by_a_noun_and_says_what_it_is() -> None:
    everything = modules(".", "pages", "lib", "db", "tests", "bench")
    assert [file for file in everything if set(Path(file).stem.split("_")) & SAYS_NOTHING] == []
    assert [file for file in everything if tree(file).body and not ast.get_docstring(tree(file))] == []


def test_money_is_never_a_float() -> None:
    """A price that was 0.1 + 0.2 once is wrong for ever."""
    money = re.compile(r"price|amount|cost|fee|total|minor", re.IGNORECASE)
    named = [
        (file, node.lineno, ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node), node.annotation)
        for file in modules("lib", "db")
        for node in nodes(file, ast.AnnAssign, ast.arg)
    ]
    wrong = [
        f"{file}:{line} {name}" for file, line, name, kind in named if kind and _is_float(kind) and money.search(name)
    ]
    assert wrong == []


def _is_float(annotation: ast.expr) -> bool:
    return re.search(r"\bfloat\b", ast.unparse(annotation)) is not None


def test_no_file_names_a_folder_of_one_machine() -> None:
    """What works only where it was written does not work for the next person."""
    place = re.compile(rb"(?<![\w.])/(?:work|root|home/\w+|tmp)/\w")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / name for name in listed.decode().split("\0") if name]
    assert [f.name for f in files if f.is_file() and f.suffix != ".png" and place.search(f.read_bytes())] == []
