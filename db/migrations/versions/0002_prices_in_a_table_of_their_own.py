"""Prices of listings in a narrow table of their own; versions of rules, experiments, runs and pushes of prices."""

import json
from decimal import Decimal
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experiment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_experiment_owner_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "price_limits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("most_moved", sa.BigInteger(), nullable=False),
        sa.Column("most_change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_limits")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "price_rule_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["category.id"],
            name=op.f("fk_price_rule_version_category_id_category"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["set_id"], ["change_set.id"], name=op.f("fk_price_rule_version_set_id_change_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_rule_version")),
        sa.UniqueConstraint(
            "category_id", "source", "number", name=op.f("uq_price_rule_version_category_id_source_number")
        ),
    )
    op.create_table(
        "price_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("book", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=True),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["set_id"], ["change_set.id"], name=op.f("fk_price_run_set_id_change_set")),
        sa.ForeignKeyConstraint(["undoes_id"], ["price_run.id"], name=op.f("fk_price_run_undoes_id_price_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_run")),
    )
    with op.batch_alter_table("price_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_price_run_set_id"), ["set_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_price_run_undoes_id"), ["undoes_id"], unique=False)

    op.create_table(
        "price_move",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("listing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.Column("after", sa.BigInteger(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "listing_id", name=op.f("pk_price_move")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "listing_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("pushed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["listing.id"], name=op.f("fk_listing_price_id_listing"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_price")),
        sqlite_autoincrement=True,
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "price_push",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("submission", sa.String(length=60), nullable=True),
        sa.Column("issue", sa.String(length=1000), nullable=True),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_price_push_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_price_push_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_push")),
    )
    with op.batch_alter_table("price_push", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_price_push_listing_id"), ["listing_id"], unique=False)
        batch_op.create_index("ix_price_push_store_id_state_id", ["store_id", "state", "id"], unique=False)
        batch_op.create_index(
            "uq_price_push_waiting",
            ["listing_id"],
            unique=True,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )

    op.add_column("store", sa.Column("ending", sa.String(length=8), nullable=True))
    op.add_column("store", sa.Column("floor", sa.BigInteger(), nullable=True))
    op.add_column("upload_detail", sa.Column("basis", sa.JSON(), nullable=True))
    _move_prices()
    _begin_versions()


def _move_prices() -> None:
    """The prices with their history. SQLite would empty the tables that point to a listing if it were made anew."""
    connection = op.get_bind()
    op.execute("INSERT INTO listing_price (id, price, locked) SELECT id, price, false FROM listing")
    op.execute(  # what is up has the price of its last upload
        "UPDATE listing_price SET pushed = (SELECT price FROM upload_detail WHERE upload_detail.listing_id = listing_price.id"
        " ORDER BY upload_detail.id DESC LIMIT 1) WHERE id IN (SELECT id FROM listing WHERE status IN ('active', 'warning'))"
    )
    op.execute("ALTER TABLE listing DROP COLUMN price")
    op.execute("UPDATE change SET \"table\" = 'listing_price' WHERE \"table\" = 'listing' AND field = 'price'")
    whole = sa.text("SELECT id, before, after FROM change WHERE \"table\" = 'listing' AND field IS NULL")
    rows = [
        {"_id": row.id, "before": _without_price(row.before), "after": _without_price(row.after)}
        for row in connection.execute(whole)
    ]
    if rows:
        connection.execute(sa.text("UPDATE change SET before = :before, after = :after WHERE id = :_id"), rows)


def _without_price(packed: str | None) -> str | None:
    if packed is None:
        return None
    return json.dumps(
        {name: value for name, value in json.loads(packed).items() if name != "price"}, ensure_ascii=False
    )


def _begin_versions() -> None:
    """What the rules say now is their first version."""
    connection = op.get_bind()
    tiers = sa.text(
        "SELECT category_id, source, threshold, percent, fine FROM price_tier WHERE active"
        " ORDER BY category_id, source, threshold"
    )
    begin = sa.text(
        "INSERT INTO price_rule_version (category_id, source, number, tiers, at, actor)"
        " VALUES (:category, :source, 1, :tiers, CURRENT_TIMESTAMP, 'caravan')"
    )
    for (category, source), rows in groupby(connection.execute(tiers).all(), key=lambda row: (row[0], row[1])):
        found = [[_plain(row.threshold, 4), _plain(row.percent, 2), _plain(row.fine, 4)] for row in rows]
        connection.execute(begin, {"category": category, "source": source, "tiers": json.dumps(found)})


def _plain(stored: int, places: int) -> str:
    """As db/rule_versions.py writes it."""
    text = f"{Decimal(stored).scaleb(-places):f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def downgrade() -> None:
    raise NotImplementedError("Runs and versions are not taken away; restore a backup instead.")
