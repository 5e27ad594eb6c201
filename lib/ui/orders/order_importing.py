"""The parts of the screen that brings orders in: the file, where its orders go, what its columns mean, and what it would do."""

from functools import partial
from typing import Any

import streamlit as st

from lib.counted import counted
from lib.orders import order_file_report, order_uploads
from lib.orders.order_file_report import Preview
from lib.orders.order_mappings import DATES, DECIMALS, FIELDS, NEEDED, RETURNS, Mapping
from lib.orders.order_uploads import Choice, Looked
from lib.orders.told_orders import ELSEWHERE
from lib.ui import given_file, page
from lib.ui.given_file import Upload, kept
from lib.words import CURRENCIES, OrderStatus

KINDS = ["txt", "tsv", "csv", "xlsx"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WHERE = {"": "Orders without a marketplace", ELSEWHERE: "Sold elsewhere, only sent by Amazon"}


def upload() -> Upload | None:
    return given_file.upload(
        "A file of orders", KINDS, "orders file", order_uploads.MOST_BYTES,
        "Amazon's reports All Orders, New Orders and Unshipped as they were downloaded; or a CSV or Excel file of another shop",
    )  # fmt: skip


def choose(file: Upload) -> Choice | None:
    """Where the orders go and what the columns mean; None until that is known, and the page says what is missing."""
    key = (file.id, st.session_state.get("fresh", 0))
    found = kept("orders looked", key, lambda: page.read(order_uploads.look, file.name, file.content))
    if found is None:
        return None
    what = f"Amazon's report “{found.kind}”." if found.kind else "No report of Amazon's."
    st.caption(page.plain(" ".join((what, f"{counted(found.rows, 'row')}.", *found.notes))))
    return _stores(file, found) if found.mapping is None else _mapping(file, found, found.mapping)


def _stores(file: Upload, found: Looked) -> Choice:
    """A store for each marketplace that the report names."""
    there = page.read(order_uploads.stores)
    chosen: dict[str, int] = {}
    with page.filters():
        for market, guess in found.stores.items():
            number = st.selectbox(
                WHERE.get(market, f"Orders sold in {market}"), list(there), list(there).index(guess) if guess in there else None,
                format_func=lambda n: " · ".join(there[n]), key=f"orders store {market} {file.id}", placeholder="Leave out", width=260,
            )  # fmt: skip
            if number is not None:
                chosen[market] = number
    return Choice(chosen)


# Another shop's file


def _mapping(file: Upload, found: Looked, usual: Mapping) -> Choice | None:
    """The form of columns and of what the file does not say; remembered when the file is brought in."""
    where = page.read(order_uploads.stores)
    title = "What its columns mean" + (", as you said for the last such file" if found.is_remembered else "")
    with st.expander(title, expanded=not found.is_remembered or bool(usual.missing), icon=":material/view_column:"):
        columns = _columns(file, found, usual)
        mapping = _constants(file, usual, columns, where)
    if mapping.missing:
        st.info(page.plain(f"Still to choose: {', '.join(mapping.missing)}."))
        return None
    return Choice(mapping=mapping)


def _columns(file: Upload, found: Looked, usual: Mapping) -> dict[str, str]:
    chosen: dict[str, str] = {}
    places = st.columns(4)
    for at, (name, label) in enumerate(FIELDS.items()):
        guess = usual.columns.get(name)
        column = places[at % 4].selectbox(
            f"{label} *" if name in NEEDED else label, found.columns, found.columns.index(guess) if guess in found.columns else None,
            key=f"orders column {name} {file.id}", placeholder="No column",
        )  # fmt: skip
        if column:
            chosen[name] = column
    return chosen


def _constants(file: Upload, usual: Mapping, columns: dict[str, str], where: dict[int, tuple[str, str]]) -> Mapping:
    """What holds for every row."""

    def pick(label: str, options: Any, value: Any, words: Any = str, **more: Any) -> Any:
        at = list(options).index(value) if value in options else None
        return st.selectbox(
            label, list(options), at, format_func=words, key=f"orders {label} {file.id}", width=200, **more
        )

    with st.container(horizontal=True, vertical_alignment="bottom"):
        store = pick("Store *", where, usual.store_id, lambda n: " · ".join(where[n]), placeholder="Choose one")
        own = where[store][1] if store in where else ""
        currency = pick("Currency of prices", CURRENCIES, usual.currency, placeholder=own or "The store's")
        prices = pick(
            "A price is", (False, True), usual.per_piece, lambda each: "of one piece" if each else "of the whole line"
        )
        decimal = pick("Amounts are written", DECIMALS, usual.decimal, DECIMALS.__getitem__)
        dates = pick("Dates are written", DATES, usual.dates, DATES.__getitem__, help="Times without a zone are UTC")
        status = pick(
            "Orders are",
            list(OrderStatus),
            OrderStatus(usual.status),
            lambda s: s.label,
            help="Where the file does not say it",
        )
        cancels = st.text_input(
            "Canceled orders begin with",
            usual.cancels,
            key=f"orders cancels {file.id}",
            max_chars=5,
            width=200,
            placeholder="none do",
        )
        returns = pick("Quantities below 0", RETURNS, usual.returns, RETURNS.__getitem__, help="A return is no order")
    return Mapping(
        columns, store, currency or own, (status or OrderStatus.UNSHIPPED).value, bool(prices), dates or "iso", decimal or ".",
        (cancels or "").strip(), returns or "refuse",
    )  # fmt: skip


# What it would do


def preview(file: Upload, choice: Choice) -> Preview | None:
    """What would happen; None when it is refused, and the page says why."""
    key = (file.id, repr(choice), st.session_state.get("fresh", 0))
    return kept("orders preview", key, lambda: page.read(order_uploads.preview, file.name, file.content, choice))


def show(file: Upload, choice: Choice, found: Preview) -> None:
    """The counts, the first rows of each kind, and the report of all rows."""
    given_file.counts(found.counts)
    said = partial(st.caption, "An order of which a row is refused stays out whole.")
    given_file.tables(found, "orders table", order_file_report.SHOWN, said, " The report has all.")
    with st.container(horizontal=True):
        for label, name, mime, make in (
            ("Report of every row (XLSX)", "orders-report.xlsx", XLSX, order_file_report.xlsx),
            ("Report of every row (CSV)", "orders-report.csv", "text/csv", order_file_report.csv),
        ):
            st.download_button(
                label, partial(order_uploads.report, file.name, file.content, choice, make), name, mime, key=f"orders {name}",
                on_click="ignore", icon=":material/download:",
            )  # fmt: skip
