"""The facts of an order that have few values, in one short text, so that any combination of them is counted without reading the orders.

The database itself keeps `customer_order.facts`: store, both statuses, who ships, country, currency, and what lines and purchases say.
A million orders have some hundreds of such texts. Each is found by one step in the index, and so is the newest order that has it;
whatever a list asks of these facts is asked of that one order, and its text then stands for all that are like it.
"""

from sqlalchemy import Select, String, func, literal_column, select
from sqlalchemy.orm import Session

from db.models import Order

NAME = "facts"
ORDER_FACTS = literal_column("customer_order.facts", String())
_WORDS = (
    "substr(status, 1, 2) || substr(work_status, 1, 2) || substr(fulfilment, 1, 1) || coalesce(country, '') || currency"
)
"""Two letters tell the statuses apart; a test holds it."""
_YES_NO = ("has_purchase", "has_tracking", "is_unlinked", "is_canceled_bought", "is_losing")
_ROW = ("ship_by", "paid_at", "shipped_at", "total", "tags")
"""What else lists are asked for: in the index, so that no row has to be read for it."""
BY_FACTS, BY_DATE, BY_ID = "ix_customer_order_facts", "ix_customer_order_facts_by_date", "ix_customer_order_facts_by_id"
BY_TAGS = "ix_customer_order_tags"

SQLITE = (
    f"ALTER TABLE customer_order ADD COLUMN facts VARCHAR(60) GENERATED ALWAYS AS "
    f"(store_id || {_WORDS} || {' || '.join(_YES_NO)}) VIRTUAL",
    f"CREATE INDEX {BY_FACTS} ON customer_order (facts, bought_at, id, {', '.join(_ROW)})",
    f"CREATE INDEX {BY_DATE} ON customer_order (bought_at, id, facts, {', '.join(_ROW)})",
    f"CREATE INDEX {BY_ID} ON customer_order (id, facts)",
    f"CREATE INDEX {BY_TAGS} ON customer_order (tags, bought_at, id, facts, {', '.join(_ROW[:-1])}) WHERE tags IS NOT NULL",
)
POSTGRESQL = (
    f'ALTER TABLE customer_order ADD COLUMN facts VARCHAR(60) COLLATE "C" GENERATED ALWAYS AS '
    f"(store_id::text || {_WORDS} || {' || '.join(f'{name}::int::text' for name in _YES_NO)}) STORED",
    f"CREATE INDEX {BY_FACTS} ON customer_order (facts, bought_at, id) INCLUDE ({', '.join(_ROW)})",
    f"CREATE INDEX {BY_DATE} ON customer_order (bought_at, id) INCLUDE (facts, {', '.join(_ROW)})",
    f"CREATE INDEX {BY_ID} ON customer_order (id) INCLUDE (facts)",
    f"CREATE INDEX {BY_TAGS} ON customer_order (tags, bought_at, id) INCLUDE (facts, {', '.join(_ROW[:-1])}) WHERE tags IS NOT NULL",
)


def examples(session: Session) -> list[int]:
    """The id of one order of each kind. A session that only reads looks once."""
    known: list[int] | None = session.info.get("order kinds")
    if known is None:
        known = list(session.scalars(_EXAMPLES))
        if session.info.get("reading"):
            session.info["order kinds"] = known
    return known


def _each_once() -> Select[tuple[int]]:
    """Walks from one text to the next in the index; SELECT DISTINCT would read all of it."""
    orders = Order.__table__
    facts = literal_column("step.facts", String())
    first = select(func.min(ORDER_FACTS).label(NAME)).select_from(orders)
    known = first.cte("known", recursive=True)
    step = orders.alias("step")
    after = select(func.min(facts)).select_from(step).where(facts > known.c.facts).scalar_subquery()
    known = known.union_all(select(after).where(known.c.facts.is_not(None)))
    one = select(step.c.id).where(facts == known.c.facts).limit(1).correlate(known).scalar_subquery()
    return select(one).where(known.c.facts.is_not(None))


_EXAMPLES = _each_once()
