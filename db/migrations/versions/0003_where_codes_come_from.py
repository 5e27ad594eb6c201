"""Where codes come from: kind, licence and name of each run; what catalogues know of codes; files that long work has made."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogue_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gtin14", sa.String(length=14), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matches", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_catalogue_check_store_id_store"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_check")),
    )
    op.create_index("ix_catalogue_check_gtin14_store_id_id", "catalogue_check", ["gtin14", "store_id", "id"])
    op.create_index(op.f("ix_catalogue_check_store_id"), "catalogue_check", ["store_id"])
    op.create_table(
        "made_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_made_file_job_id_job"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_made_file")),
    )
    for column in ("actor", "job_id", "made_at"):
        op.create_index(op.f(f"ix_made_file_{column}"), "made_file", [column])
    _describe_runs()
    _index_codes()


def _describe_runs() -> None:
    """A run has the licence of its codes: they were all reserved under one. One without codes was of generated ones."""
    op.add_column("code_run", sa.Column("kind", sa.String(length=20), nullable=False, server_default="generated"))
    op.add_column("code_run", sa.Column("licence", sa.String(length=20), nullable=False, server_default="generated"))
    op.add_column("code_run", sa.Column("name", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("code_run", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE code_run SET licence = coalesce((SELECT min(licence) FROM code WHERE run_id = code_run.id), licence)"
    )
    connection = op.get_bind()
    licences = {run.id: run.licence for run in connection.execute(sa.text("SELECT id, licence FROM code_run"))}
    whole = sa.text("SELECT id, row_id, before, after FROM change WHERE \"table\" = 'code_run' AND field IS NULL")
    rows = [
        {
            "_id": row.id,
            "before": _described(row.before, licences.get(row.row_id)),
            "after": _described(row.after, licences.get(row.row_id)),
        }
        for row in connection.execute(whole)
    ]
    if rows:
        connection.execute(sa.text("UPDATE change SET before = :before, after = :after WHERE id = :_id"), rows)


def _described(packed: str | None, licence: str | None) -> str | None:
    """The history of a run says what the run says, or it could not be taken back."""
    if packed is None:
        return None
    more = {"kind": "generated", "licence": licence or "generated", "name": ""}
    return json.dumps(json.loads(packed) | more, ensure_ascii=False)


def _index_codes() -> None:
    """By product only where there is one: most codes of a run wait for theirs, and each entry costs Reserve its time."""
    op.drop_index(op.f("ix_code_product_id"), "code")
    given = sa.text("product_id IS NOT NULL")
    op.create_index(op.f("ix_code_product_id"), "code", ["product_id"], sqlite_where=given, postgresql_where=given)
    op.drop_index("ix_code_run_id_id", "code")
    op.create_index("ix_code_run_id_state_id", "code", ["run_id", "state", "id"])
    op.create_index("ix_code_licence_type_state_id", "code", ["licence", "type", "state", "id"])


def downgrade() -> None:
    raise NotImplementedError("What runs are called is not taken away; restore a backup instead.")
