"""The migrations make exactly the tables that the models describe."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from db.models import Base
from db.session import engine as connected
from db.session import forget_engine, schema_change
from db.upgrade import MadeByANewerCaravan, config, ours, upgrade


def test_models_and_migrations_agree(database):
    with connected().connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(database):
    upgrade()
    with connected().connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_a_newer_database_is_refused_unchanged(database):
    with connected().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(MadeByANewerCaravan):
        upgrade()
    with connected().connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_prices_move_to_a_table_of_their_own_and_what_is_up_is_pushed(tmp_path, monkeypatch):
    """Listings 1 active, 2 failed, 3 warning; the marketplace has the price of the last upload, typed over here since."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'old.db'}")
    forget_engine()
    with schema_change() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        run = connection.exec_driver_sql
        run("PRAGMA defer_foreign_keys = ON")  # these listings have no product; they are gone before anybody asks
        for number, status in enumerate(("active", "failed", "warning"), 1):
            run("INSERT INTO listing (id, product_id, store_id, seller_sku, price, quantity, status, created_at, updated_at)"
                f" VALUES ({number}, {number}, 1, 'S{number}', 120000, 1, '{status}', '2026-03-01', '2026-03-01')")  # fmt: skip
            run("INSERT INTO upload_detail (listing_id, at, actor, sent, price, currency, formula, formula_zh) VALUES"
                f" ({number}, '2026-03-01', 'lily', '{{}}', 90000, 'USD', '', ''),"
                f" ({number}, '2026-03-02', 'lily', '{{}}', 100000, 'USD', '', '')")  # fmt: skip
        command.upgrade(settings, "0002")
        moved = run("SELECT id, price, pushed FROM listing_price ORDER BY id").all()
        run("DELETE FROM listing")
    forget_engine()
    assert moved == [(1, 120000, 100000), (2, 120000, None), (3, 120000, 100000)]
