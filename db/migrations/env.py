"""How Alembic reaches the database: the same engine, the same tables as the program."""

from alembic import context
from sqlalchemy import Connection

from db.models import Base
from db.session import engine

MADE_BY_HAND = ("product_search", "search_vector")
"""Search tables and columns that SQLAlchemy does not describe: each database has its own kind."""


def ours(_object: object, name: str | None, _kind: str, _reflected: bool, _compared: object) -> bool:
    return not (name or "").startswith(MADE_BY_HAND) and "search_vector" not in (name or "")


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=ours,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with engine().connect() as connection:
        migrate(connection)
        connection.commit()
