"""Lists of codes to take away, as text, CSV and workbook, and the barcode of a single one.

Text is for programs: plain digits. CSV and workbook are for people, who open them in Excel: there a code is never 9.1E+12.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Code, CodeRun, Product
from db.vocabulary import Licence
from lib.codes import barcodes, ledger
from lib.codes.code_series import Series, notice
from lib.codes.ledger import Filter
from lib.problems import Refused
from lib.tables import writing
from lib.tables.writing import Digits

MOST = 200_000
"""Codes in one list."""
HEADINGS = ("Code", "Type", "Licence", "State", "SKU", "Run", "Reserved (UTC)")


def txt(session: Session, wanted: Filter) -> bytes:
    """A code a line, after what has to be said of them."""
    said = [f"# {line}" for line in notices(session, wanted)]
    return "\r\n".join([*said, *(row[0] for row in _rows(session, wanted)), ""]).encode()


def csv(session: Session, wanted: Filter) -> bytes:
    """With what has to be said of the codes in the lines above the headings."""
    first, *more = [[line] for line in notices(session, wanted)] + [list(HEADINGS)]
    return writing.csv([*more, *_rows(session, wanted)], first)


def xlsx(session: Session, wanted: Filter) -> bytes:
    """The same as a workbook, every code as text."""
    return writing.xlsx(_rows(session, wanted), HEADINGS, sheet="codes", above=notices(session, wanted))


LISTS: dict[str, Callable[[Session, Filter], bytes]] = {"txt": txt, "csv": csv, "xlsx": xlsx}


def _rows(session: Session, wanted: Filter) -> list[tuple[Any, ...]]:
    columns = (Code.code, Code.type, Code.licence, Code.state, Product.sku, Code.run_id, Code.reserved_at)
    query = ledger.matching(wanted).outerjoin(Product, Product.id == Code.product_id).with_only_columns(*columns)
    return [
        (Digits(row.code), row.type.label, row.licence.label, row.state.label, *row[4:])
        for row in session.execute(query.order_by(Code.id).limit(MOST))
    ]


def notices(session: Session, wanted: Filter) -> list[str]:
    """What has to be said of the unlicensed codes of a list, once for each prefix."""
    listed = ledger.matching(wanted).order_by(Code.id).limit(MOST).subquery()
    query = (
        select(CodeRun.type, CodeRun.prefix)
        .join(Code, Code.run_id == CodeRun.id)
        .join(listed, listed.c.id == Code.id)
        .where(Code.licence == Licence.GENERATED)
        .order_by(CodeRun.prefix, CodeRun.type)
        .distinct()
    )
    said = (notice(Series(row.type, row.prefix)) for row in session.execute(query))
    return list(dict.fromkeys(filter(None, said)))


def picture(session: Session, code_id: int) -> str:
    """The barcode of one code as SVG. Refused, with the reason, when it is none that can be printed."""
    row = session.execute(select(Code.code, Code.type).where(Code.id == code_id)).one_or_none()
    if row is None:
        raise Refused("This code is not in the ledger any more.")
    return barcodes.svg(row.code, row.type.value).decode()
