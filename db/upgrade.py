"""Bringing the database to the shape that this version of the program needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from db.session import engine, folder, schema_change


class MadeByANewerCaravan(RuntimeError):
    """The database has a shape that this version of the program does not know."""


MADE_BY_HAND = (
    "product_search", "search_vector", "ix_product_search_vector", "facts", "ix_customer_order_facts", "ix_customer_order_tags"
)  # fmt: skip
"""Tables, columns and indices that SQLAlchemy does not describe: each database has its own kind."""


def ours(_object: object, name: str | None, *_: object) -> bool:
    """Is this a table, column or index that the models describe?"""
    return not (name or "").startswith(MADE_BY_HAND)


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return made


def revision() -> str | None:
    """The last step that the database has been brought to; None where there are no tables yet."""
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_known(step: str | None) -> bool:
    """Can this version of the program work from there on?"""
    return step is None or step in {known.revision for known in ScriptDirectory.from_config(config()).walk_revisions()}


def upgrade() -> None:
    """Create or migrate the tables; quick when there is nothing to do.

    Raises MadeByANewerCaravan, and changes nothing then.
    """
    if engine().dialect.name == "sqlite" and not engine().url.query:
        Path(engine().url.database or folder()).parent.mkdir(parents=True, exist_ok=True)
    current = revision()
    if current == ScriptDirectory.from_config(config()).get_current_head():
        return
    if not is_known(current):
        raise MadeByANewerCaravan
    with schema_change() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
