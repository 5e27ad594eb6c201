"""Accounts: who works here, and where we sell."""

from sqlalchemy import select

from db.models import Store
from db.session import reading


def stored():
    with reading() as session:
        return [
            (store.name, store.marketplace, store.currency)
            for store in session.scalars(select(Store).order_by(Store.id))
        ]


def type_into(at, name, cells):
    at.session_state[f"{name}#0"] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return at.run()


def test_an_admin_names_a_store_and_moves_it_to_another_marketplace(given, open_page):
    given(Store(id=1, name="CN", marketplace="CN", currency="CNY"))
    at = type_into(
        open_page("accounts", a_tab="Store accounts"), "accounts_of_stores", {0: {"name": "Japan", "marketplace": "JP"}}
    )
    next(b for b in at.button if b.label == "Save").click().run()
    assert stored() == [("Japan", "JP", "JPY")]


def test_others_do_not_see_them(given, open_page):
    given(Store(id=1, name="CN", marketplace="CN", currency="CNY"))
    at = open_page("accounts", as_="petra", a_tab="Store accounts")
    assert len(at.dataframe) == 0
    assert "Save" not in [b.label for b in at.button]
