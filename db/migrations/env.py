"""How Alembic reaches the database: the same engine, the same tables as the program."""

from alembic import context
from sqlalchemy import Connection

from db.models import Base
from db.session import engine
from db.upgrade import ours


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
