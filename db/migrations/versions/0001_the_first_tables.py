"""The first tables."""

import sqlalchemy as sa
from alembic import op

from db.search import POSTGRESQL, SQLITE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_who"), ["who"], unique=False)

    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=600), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id_category")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("path", name=op.f("uq_category_path")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("category", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_category_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "change_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("command", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("summary", sa.String(length=1000), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["undoes_id"], ["change_set.id"], name=op.f("fk_change_set_undoes_id_change_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_set")),
    )
    with op.batch_alter_table("change_set", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_set_actor"), ["actor"], unique=False)
        batch_op.create_index("ix_change_set_at_id", ["at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_change_set_command"), ["command"], unique=False)
        batch_op.create_index(batch_op.f("ix_change_set_undoes_id"), ["undoes_id"], unique=False)

    op.create_table(
        "code_counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=40), nullable=False),
        sa.Column("drawn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_counter")),
        sa.UniqueConstraint("series", name=op.f("uq_code_counter_series")),
    )
    op.create_table(
        "code_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_run")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "demo_catalogue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asin", sa.String(length=10), nullable=False),
        sa.Column("gtin14", sa.String(length=14), nullable=True),
        sa.Column("brand", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("gated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_catalogue")),
        sa.UniqueConstraint("asin", name=op.f("uq_demo_catalogue_asin")),
    )
    with op.batch_alter_table("demo_catalogue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demo_catalogue_gtin14"), ["gtin14"], unique=False)

    op.create_table(
        "demo_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("asin", sa.String(length=10), nullable=True),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("submission", sa.String(length=60), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_item")),
        sa.UniqueConstraint("account", "sku", name=op.f("uq_demo_item_account_sku")),
    )
    with op.batch_alter_table("demo_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demo_item_submission"), ["submission"], unique=False)

    op.create_table(
        "demo_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_order")),
        sa.UniqueConstraint("account", "number", name=op.f("uq_demo_order_account_number")),
    )
    with op.batch_alter_table("demo_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demo_order_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("base", sa.String(length=3), nullable=False),
        sa.Column("quote", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rate")),
        sa.UniqueConstraint("base", "quote", "day", name=op.f("uq_exchange_rate_base_quote_day")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("once", sa.String(length=120), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "uq_job_live",
            ["once"],
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        )

    op.create_table(
        "nightly_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=True),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nightly_run")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=100), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
        sa.UniqueConstraint("name", name=op.f("uq_setting_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "store",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("marketplace", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("fine", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
        sa.UniqueConstraint("name", name=op.f("uq_store_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "support_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("page", sa.String(length=60), nullable=False),
        sa.Column("error_id", sa.String(length=20), nullable=False),
        sa.Column("reply_to", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_ticket")),
    )
    op.create_table(
        "warehouse",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("inbound_code", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warehouse")),
        sa.UniqueConstraint("name", name=op.f("uq_warehouse_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("table", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["set_id"], ["change_set.id"], name=op.f("fk_change_set_id_change_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_set_id"), ["set_id"], unique=False)
        batch_op.create_index("ix_change_table_row_id", ["table", "row_id"], unique=False)

    op.create_table(
        "customer_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("work_status", sa.String(length=20), nullable=False),
        sa.Column("fulfilment", sa.String(length=10), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("buyer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("buyer_masked", sa.String(length=200), nullable=True),
        sa.Column("buyer_erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("tags", sa.String(length=200), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_customer_order_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_customer_order_store_id_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.create_index("ix_customer_order_bought_at_id", ["bought_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_order_number"), ["number"], unique=False)
        batch_op.create_index("ix_customer_order_ship_by_id", ["ship_by", "id"], unique=False)
        batch_op.create_index("ix_customer_order_status_bought_at_id", ["status", "bought_at", "id"], unique=False)
        batch_op.create_index("ix_customer_order_status_ship_by_id", ["status", "ship_by", "id"], unique=False)
        batch_op.create_index("ix_customer_order_store_id_bought_at_id", ["store_id", "bought_at", "id"], unique=False)
        batch_op.create_index(
            "ix_customer_order_work_status_bought_at_id", ["work_status", "bought_at", "id"], unique=False
        )

    op.create_table(
        "password_reset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_password_reset_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_password_reset_code_hash")),
    )
    with op.batch_alter_table("password_reset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_reset_person_id"), ["person_id"], unique=False)

    op.create_table(
        "price_tier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("fine", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_price_tier_category_id_category")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_tier")),
        sa.UniqueConstraint(
            "category_id", "source", "threshold", name=op.f("uq_price_tier_category_id_source_threshold")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("ean", sa.String(length=14), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("title_zh", sa.String(length=500), nullable=True),
        sa.Column("title_en", sa.String(length=500), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("bullets", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_url", sa.String(length=1000), nullable=True),
        sa.Column("source_price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("size", sa.String(length=100), nullable=True),
        sa.Column("transport", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sales_status", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=True),
        sa.Column("tags", sa.String(length=500), nullable=True),
        sa.Column("remark", sa.String(length=2000), nullable=True),
        sa.Column("picture", sa.String(length=80), nullable=True),
        sa.Column("picture_url", sa.String(length=1000), nullable=True),
        sa.Column("picture_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("picture_route", sa.String(length=20), nullable=True),
        sa.Column("last_order_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_product_category_id_category")),
        sa.ForeignKeyConstraint(["parent_id"], ["product.id"], name=op.f("fk_product_parent_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("sku", name=op.f("uq_product_sku")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_category_id"), ["category_id"], unique=False)
        batch_op.create_index(
            "ix_product_category_id_source_state_updated_at_id",
            ["category_id", "source", "state", "updated_at", "id"],
            unique=False,
        )
        batch_op.create_index("ix_product_created_at_id", ["created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_product_ean",
            ["ean"],
            unique=False,
            sqlite_where=sa.text("ean IS NOT NULL"),
            postgresql_where=sa.text("ean IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_product_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "ix_product_state_category_id_updated_at_id", ["state", "category_id", "updated_at", "id"], unique=False
        )
        batch_op.create_index("ix_product_state_updated_at_id", ["state", "updated_at", "id"], unique=False)
        batch_op.create_index("ix_product_updated_at_id", ["updated_at", "id"], unique=False)
        batch_op.create_index(
            "ix_product_without_code",
            ["state", "updated_at", "id"],
            unique=False,
            sqlite_where=sa.text("ean IS NULL"),
            postgresql_where=sa.text("ean IS NULL"),
        )
        batch_op.create_index(
            "ix_product_without_picture",
            ["state", "updated_at", "id"],
            unique=False,
            sqlite_where=sa.text("picture IS NULL"),
            postgresql_where=sa.text("picture IS NULL"),
        )

    op.create_table(
        "purchase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=60), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("fx", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("operator", sa.String(length=60), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=True),
        sa.Column("number", sa.String(length=80), nullable=True),
        sa.Column("tracking", sa.String(length=500), nullable=True),
        sa.Column("transport", sa.String(length=200), nullable=True),
        sa.Column("site", sa.String(length=20), nullable=False),
        sa.Column("transshipped", sa.Boolean(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=True),
        sa.Column("remark", sa.String(length=2000), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("relabelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_purchase_warehouse_id_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint("request", name=op.f("uq_purchase_request")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.create_index("ix_purchase_created_at_id", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_purchase_number"), ["number"], unique=False)
        batch_op.create_index("ix_purchase_operator_created_at_id", ["operator", "created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_purchase_several_trackings",
            ["tracking"],
            unique=False,
            sqlite_where=sa.text("tracking LIKE '%, %'"),
            postgresql_where=sa.text("tracking LIKE '%, %'"),
        )
        batch_op.create_index("ix_purchase_site_number", ["site", "number"], unique=False)
        batch_op.create_index("ix_purchase_status_created_at_id", ["status", "created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_purchase_tracking"), ["tracking"], unique=False)
        batch_op.create_index(
            "ix_purchase_without_tracking",
            ["created_at", "id"],
            unique=False,
            sqlite_where=sa.text("tracking IS NULL"),
            postgresql_where=sa.text("tracking IS NULL"),
        )

    op.create_table(
        "sign_in",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_person_id"), ["person_id"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_ticket_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
    )
    op.create_table(
        "code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gtin14", sa.String(length=14), nullable=False),
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("licence", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("reserved_by", sa.String(length=60), nullable=True),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_code_product_id_product")),
        sa.ForeignKeyConstraint(["run_id"], ["code_run.id"], name=op.f("fk_code_run_id_code_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code")),
        sa.UniqueConstraint("gtin14", name=op.f("uq_code_gtin14")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_code_product_id"), ["product_id"], unique=False)
        batch_op.create_index("ix_code_run_id_id", ["run_id", "id"], unique=False)
        batch_op.create_index("ix_code_state_id", ["state", "id"], unique=False)

    op.create_table(
        "cosell_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("asin", sa.String(length=10), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("asin_title", sa.String(length=500), nullable=True),
        sa.Column("asin_brand", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("issue", sa.String(length=1000), nullable=True),
        sa.Column("submission", sa.String(length=60), nullable=True),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_cosell_offer_product_id_product")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_cosell_offer_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cosell_offer")),
        sa.UniqueConstraint("store_id", "sku", name=op.f("uq_cosell_offer_store_id_sku")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("cosell_offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cosell_offer_product_id"), ["product_id"], unique=False)
        batch_op.create_index("ix_cosell_offer_store_id_asin", ["store_id", "asin"], unique=False)

    op.create_table(
        "listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("seller_sku", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=14), nullable=True),
        sa.Column("asin", sa.String(length=10), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("issue", sa.String(length=1000), nullable=True),
        sa.Column("submission", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_listing_product_id_product")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_listing_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("store_id", "product_id", name=op.f("uq_listing_store_id_product_id")),
        sa.UniqueConstraint("store_id", "seller_sku", name=op.f("uq_listing_store_id_seller_sku")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_asin"), ["asin"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_product_id"), ["product_id"], unique=False)
        batch_op.create_index("ix_listing_status_updated_at_id", ["status", "updated_at", "id"], unique=False)
        batch_op.create_index("ix_listing_updated_at_id", ["updated_at", "id"], unique=False)

    op.create_table(
        "nightly_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_nightly_item_product_id_product"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["nightly_run.id"], name=op.f("fk_nightly_item_run_id_nightly_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nightly_item")),
    )
    with op.batch_alter_table("nightly_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nightly_item_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nightly_item_run_id"), ["run_id"], unique=False)

    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("asin", sa.String(length=10), nullable=True),
        sa.Column("title", sa.String(length=500), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("shipping", sa.BigInteger(), nullable=True),
        sa.Column("tax", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("canceled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["cosell_offer.id"], name=op.f("fk_order_line_offer_id_cosell_offer")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_line_order_id_customer_order"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_order_line_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "item", name=op.f("uq_order_line_order_id_item")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_line_asin"), ["asin"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_line_offer_id"), ["offer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_line_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_line_sku"), ["sku"], unique=False)

    op.create_table(
        "upload_detail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("code", sa.String(length=14), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("formula_zh", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_upload_detail_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_detail")),
    )
    with op.batch_alter_table("upload_detail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_detail_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "purchase_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_purchase_line_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_line_purchase_id_purchase"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_line")),
        sa.UniqueConstraint("purchase_id", "order_line_id", name=op.f("uq_purchase_line_purchase_id_order_line_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("purchase_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_purchase_line_order_line_id"), ["order_line_id"], unique=False)

    op.create_table(
        "upload_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("asin", sa.String(length=10), nullable=True),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["upload_detail.id"],
            name=op.f("fk_upload_answer_upload_id_upload_detail"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_answer")),
    )
    with op.batch_alter_table("upload_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_answer_upload_id"), ["upload_id"], unique=False)

    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("The first tables are not taken away; restore a backup instead.")
