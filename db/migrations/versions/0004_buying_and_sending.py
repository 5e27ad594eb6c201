"""Buying and sending: parcels, shared freight, payment, lists and views; and on each order what its lists are asked for."""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from db.order_facts import POSTGRESQL, SQLITE

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_tables()
    _describe_orders()
    _describe_purchases()
    op.add_column("store", sa.Column("fee_percent", sa.BigInteger(), nullable=False, server_default="1500"))
    op.add_column("warehouse", sa.Column("contact", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("warehouse", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))


def _make_tables() -> None:
    op.create_table(
        "pasted_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("pasted_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pasted_list")),
        sa.UniqueConstraint("key", name=op.f("uq_pasted_list_key")),
    )
    op.create_index(op.f("ix_pasted_list_pasted_at"), "pasted_list", ["pasted_at"])
    op.create_table(
        "order_file_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_file_mapping")),
        sa.UniqueConstraint("signature", name=op.f("uq_order_file_mapping_signature")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("screen", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("is_queue", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_view_screen_owner", "saved_view", ["screen", "owner"])
    _make_shipments()
    op.create_table(
        "buying_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_buying_claim_order_line_id_order_line"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buying_claim")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_buying_claim_order_line_id")),
    )


def _make_shipments() -> None:
    op.create_table(
        "shipment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=60), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("carrier_name", sa.String(length=100), nullable=False),
        sa.Column("tracking", sa.String(length=80), nullable=False),
        sa.Column("method", sa.String(length=60), nullable=False),
        sa.Column("shipped_at", MOMENT, nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("fx", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("submission", sa.String(length=60), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_shipment_order_id_customer_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("request", name=op.f("uq_shipment_request")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_shipment_order_id"), "shipment", ["order_id"])
    op.create_index("ix_shipment_state_id", "shipment", ["state", "id"])
    op.create_index(op.f("ix_shipment_submission"), "shipment", ["submission"])
    op.create_index(op.f("ix_shipment_tracking"), "shipment", ["tracking"])
    op.create_table(
        "demo_parcel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("submission", sa.String(length=60), nullable=False),
        sa.Column("answers_at", MOMENT, nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_parcel")),
        sa.UniqueConstraint("account", "reference", name=op.f("uq_demo_parcel_account_reference")),
    )
    op.create_index(op.f("ix_demo_parcel_submission"), "demo_parcel", ["submission"])
    op.create_table(
        "shipment_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_shipment_line_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_shipment_line_shipment_id_shipment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_line")),
        sa.UniqueConstraint("shipment_id", "order_line_id", name=op.f("uq_shipment_line_shipment_id_order_line_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_shipment_line_order_line_id"), "shipment_line", ["order_line_id"])


FACTS = {
    "has_purchase": "{bought} AND p.status <> 'canceled')",
    "has_tracking": "{bought} AND p.status <> 'canceled' AND p.tracking IS NOT NULL)",
    "is_unlinked": "EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = customer_order.id AND l.product_id IS NULL AND NOT l.canceled)",
    "is_canceled_bought": "{bought} AND p.status <> 'canceled' AND (l.canceled OR customer_order.status = 'canceled'))",
}
BOUGHT = """EXISTS (SELECT 1 FROM order_line l JOIN purchase_line pl ON pl.order_line_id = l.id
    JOIN purchase p ON p.id = pl.purchase_id WHERE l.order_id = customer_order.id"""


def _describe_orders() -> None:
    """What follows from lines and purchases is worked out once; what an order loses, with its next change."""
    op.add_column("customer_order", sa.Column("is_sale", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("customer_order", sa.Column("told_at", MOMENT, nullable=True))
    op.add_column("order_line", sa.Column("fee", sa.BigInteger(), nullable=True))
    for name in [*FACTS, "is_losing"]:
        op.add_column("customer_order", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name, condition in FACTS.items():
        op.execute(f"UPDATE customer_order SET {name} = true WHERE {condition.format(bought=BOUGHT)}")
    _index_orders()


def _index_orders() -> None:
    """Three indices hold all that lists are asked for; those that each served one criterion go."""
    for columns in ("work_status_bought_at", "status_bought_at", "store_id_bought_at", "bought_at", "status_ship_by"):
        op.drop_index(f"ix_customer_order_{columns}_id", "customer_order")
    for column in ("paid_at", "shipped_at", "total"):
        op.create_index(f"ix_customer_order_{column}_id", "customer_order", [column, "id"])
    op.drop_index("ix_order_line_product_id", "order_line")
    for pair in (["product_id", "order_id"], ["order_id", "product_id"]):
        op.create_index(f"ix_order_line_{'_'.join(pair)}", "order_line", pair)
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def _describe_purchases() -> None:
    op.add_column("purchase", sa.Column("cost_before", sa.BigInteger(), nullable=True))
    op.add_column("purchase", sa.Column("freight_by", sa.String(length=20), nullable=False, server_default="pieces"))
    op.add_column("purchase", sa.Column("reason", sa.String(length=500), nullable=True))
    op.add_column("purchase", sa.Column("payment", sa.String(length=20), nullable=False, server_default="to_pay"))
    op.add_column("purchase", sa.Column("paid_at", MOMENT, nullable=True))
    op.add_column("purchase", sa.Column("arrived_quantity", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("purchase", sa.Column("tracked_at", MOMENT, nullable=True))
    op.add_column("purchase_line", sa.Column("unit_cost", sa.BigInteger(), nullable=True))
    op.add_column("purchase_line", sa.Column("fx", sa.BigInteger(), nullable=True))
    op.add_column("purchase_line", sa.Column("freight", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE purchase SET arrived_quantity = quantity WHERE arrived_at IS NOT NULL OR status = 'arrived'")
    op.execute("UPDATE purchase SET tracked_at = created_at WHERE tracking IS NOT NULL")
    _share_freight()
    _index_purchases()


OPEN = "status NOT IN ('arrived', 'closed_short', 'canceled')"
INDICES = {
    "ix_purchase_warehouse_id_created_at_id": (["warehouse_id", "created_at", "id"], "warehouse_id IS NOT NULL"),
    "ix_purchase_open_without_tracking": (["created_at", "id"], f"tracking IS NULL AND {OPEN}"),
    "ix_purchase_on_the_way": (["tracked_at", "id"], f"tracked_at IS NOT NULL AND arrived_at IS NULL AND {OPEN}"),
    "ix_purchase_waiting_there": (
        ["arrived_at", "id"],
        "transshipped AND arrived_at IS NOT NULL AND forwarded_at IS NULL AND status <> 'canceled'",
    ),
    "ix_purchase_under_way": (["warehouse_id", "id"], "transshipped AND forwarded_at IS NULL AND status <> 'canceled'"),
    "ix_purchase_gone_on": (["forwarded_at", "id"], "forwarded_at IS NOT NULL"),
}


def _index_purchases() -> None:
    op.drop_index("ix_purchase_without_tracking", "purchase")
    op.create_index("ix_purchase_payment_created_at_id", "purchase", ["payment", "created_at", "id"])
    for name, (columns, condition) in INDICES.items():
        where = sa.text(condition)
        op.create_index(name, "purchase", columns, sqlite_where=where, postgresql_where=where)
    for name, condition in (("vain", "is_canceled_bought"), ("losing", "is_losing")):
        where = sa.text(condition)
        op.create_index(
            f"ix_customer_order_{name}", "customer_order", ["id"], sqlite_where=where, postgresql_where=where
        )


def _share_freight() -> None:
    """By pieces, in whole cents, what is left over to the first lines; what is below a cent goes with the first line of all."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT pl.id, pl.purchase_id, pl.quantity, p.freight FROM purchase_line pl "
            "JOIN purchase p ON p.id = pl.purchase_id WHERE p.freight > 0 ORDER BY pl.purchase_id, pl.id"
        )
    ).all()
    shares = [share for _, group in groupby(rows, lambda row: row.purchase_id) for share in _shared(list(group))]
    if shares:
        connection.execute(sa.text("UPDATE purchase_line SET freight = :freight WHERE id = :_id"), shares)


def _shared(lines: list[sa.Row]) -> list[dict[str, int]]:  # type: ignore[type-arg]
    total, pieces = lines[0].freight, sum(line.quantity for line in lines) or 1
    shares = [total * line.quantity // pieces // 100 * 100 for line in lines]
    left = total - sum(shares)
    for place in range(min(left // 100, len(shares))):
        shares[place] += 100
        left -= 100
    shares[0] += left
    return [{"_id": line.id, "freight": share} for line, share in zip(lines, shares, strict=True)]


def downgrade() -> None:
    raise NotImplementedError("Parcels and shared freight are not taken away; restore a backup instead.")
