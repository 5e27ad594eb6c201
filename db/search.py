"""Finding products by words, in Chinese and English alike.

The application cuts text into tokens: words for Latin scripts, overlapping pairs of characters for Chinese. SQLite keeps them in an FTS5
table, PostgreSQL in a tsvector; both are kept in step by the database from `product.search_text`.
"""

import math
import re
import unicodedata
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, Select, and_, column, event, func, literal, select, table
from sqlalchemy import text as sql_text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from db.frames import MANY, count
from db.models import Product

_HAN = r"\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_WIDE = re.compile(f"[{_HAN}]")
_PIECES = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
SEARCHED = ("sku", "ean", "title_zh", "title_en", "brand", "tags")
MOST_WORDS = 12


def _pieces(text: str) -> list[str]:
    """Runs of Chinese characters, and words."""
    return _PIECES.findall(unicodedata.normalize("NFKC", text).casefold())


def tokens(*texts: str | None) -> str:
    """The tokens of a product, each once, joined by blanks.

    >>> tokens("MH01-XS 羊毛被")
    'mh01 xs 羊毛 毛被 羊 毛 被'
    """
    found: dict[str, None] = {}
    single: dict[str, None] = {}
    for piece in (p for text in texts if text for p in _pieces(text)):
        if _WIDE.match(piece):
            found.update(dict.fromkeys(piece[i : i + 2] for i in range(len(piece) - 1)))
            single.update(dict.fromkeys(piece))
        else:
            found[piece[:60]] = None
    return " ".join([*found, *single])


def asked(text: str) -> list[tuple[str, bool]]:
    """What a search text asks for: (token, is only the beginning of a word)."""
    wanted: list[tuple[str, bool]] = []
    for piece in _pieces(text)[:MOST_WORDS]:
        if _WIDE.match(piece):
            pairs = [piece[i : i + 2] for i in range(len(piece) - 1)] or [piece]
            wanted += [(pair, False) for pair in pairs]
        else:
            wanted.append((piece[:60], False))
    if wanted and not _WIDE.match(wanted[-1][0]):
        wanted[-1] = (wanted[-1][0], True)
    return wanted[: MOST_WORDS * 2]


def matching(text: str, product_id: Any = Product.id) -> ColumnElement[bool]:
    """Products that have every word of the text; the last Latin word may be only begun. Any column may hold their ids."""
    wanted = asked(text)
    if not wanted:
        return literal(False)
    return _Matches(product_id, literal(_fts(wanted)), literal(_tsquery(wanted)))


def listed(text: str) -> Select[tuple[int]]:
    """The ids of those products as a list that a question makes once, however often it looks into it."""
    wanted = asked(text)
    found = _Found(literal(_fts(wanted)), literal(_tsquery(wanted))).table_valued(column("id", Integer))
    once = select(found.c.id).where(literal(bool(wanted))).cte("found").prefix_with("MATERIALIZED")
    return select(once.c.id)


def _fts(wanted: list[tuple[str, bool]]) -> str:
    return " ".join(f'"{token}"*' if begun else f'"{token}"' for token, begun in wanted)


def _tsquery(wanted: list[tuple[str, bool]]) -> str:
    return " & ".join(f"'{token}':*" if begun else f"'{token}'" for token, begun in wanted)


def hits(session: Session, text: str, most: int = MANY) -> int:
    """How many products have every word of the text, but not more than `most` + 1. A session that only reads counts once."""
    known: dict[tuple[str, int], int] = session.info.setdefault("hits", {}) if session.info.get("reading") else {}
    if (text, most) not in known:
        wanted = asked(text)
        exact = [(token, False) for token, _ in wanted]
        # Whole words are counted ten times as fast as beginnings, and whoever has the word also has its beginning.
        found = _hits(session, exact, most)
        known[text, most] = found if found > most or exact == wanted else _hits(session, wanted, most)
    return known[text, most]


def are_common(session: Session, text: str, size: int) -> bool:
    """Is a page of `size` products sooner filled by looking into the newest ones than by sorting all that have the words?"""
    newest = session.scalar(select(func.max(Product.id))) or 0
    return hits(session, text) > min(MANY, math.isqrt(size * newest))


def _hits(session: Session, wanted: list[tuple[str, bool]], most: int) -> int:
    if not wanted:
        return 0
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    words = _fts(wanted) if on_sqlite else _tsquery(wanted)
    return session.scalar(_COUNT_SQLITE if on_sqlite else _COUNT_POSTGRESQL, {"words": words, "most": most + 1}) or 0


_COUNT_SQLITE = sql_text(
    "SELECT count(*) FROM (SELECT 1 FROM product_search WHERE product_search MATCH :words LIMIT :most)"
)
_COUNT_POSTGRESQL = sql_text(
    "SELECT count(*) FROM (SELECT 1 FROM product WHERE search_vector @@ CAST(:words AS tsquery) LIMIT :most) AS found"
)


def having(text: str) -> ColumnElement[bool]:
    """The same products as `matching`, found by looking into each one: for words that so many have that the first page is soon full."""
    if not (wanted := asked(text)):
        return literal(False)
    padded = " " + Product.search_text + " "
    return and_(*(_Position(padded, literal(f" {token}" if begun else f" {token} ")) > 0 for token, begun in wanted))


def hits_among(session: Session, query: Select[Any], text: str) -> int:
    """How many products of a query have the words: for words and queries that both have very many."""
    if session.get_bind().dialect.name != "sqlite":
        return count(session, query.where(having(text)), Product.id)
    # As a join, SQLite may search the words anew for each product of the query, which takes minutes.
    has_them = _INDEX.c.product_search.op("MATCH")(_fts(asked(text)))
    is_there = query.where(Product.id == _INDEX.c.rowid).correlate(_INDEX).exists()
    return count(session, select(_INDEX.c.rowid).where(has_them, is_there), _INDEX.c.rowid)


_INDEX = table("product_search", column("rowid"), column("product_search"))


class _Position(FunctionElement[int]):
    type = Integer()
    inherit_cache = True
    name = "position_of"


@compiles(_Position, "sqlite")
def _instr(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(_Position, "postgresql")
def _strpos(element: Any, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


class _Matches(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "product_matches"

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLAlchemy would write `… = 1` for SQLite, and no index serves that."""
        return self


@compiles(_Matches, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, fts, _ = element.clauses
    return (
        f"{compiler.process(column, **kw)} IN "
        f"(SELECT rowid FROM product_search WHERE product_search MATCH {compiler.process(fts, **kw)})"
    )


@compiles(_Matches, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, _, tsquery = element.clauses
    return (
        f"{compiler.process(column, **kw)} IN (WITH found AS MATERIALIZED (SELECT id FROM product "
        f"WHERE search_vector @@ CAST({compiler.process(tsquery, **kw)} AS tsquery)) SELECT id FROM found)"
    )


class _Found(FunctionElement[int]):
    inherit_cache = True
    name = "products_found"


@compiles(_Found, "sqlite")
def _found_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    fts, _ = element.clauses
    return f"(SELECT rowid AS id FROM product_search WHERE product_search MATCH {compiler.process(fts, **kw)})"


@compiles(_Found, "postgresql")
def _found_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    _, tsquery = element.clauses
    return f"(SELECT id FROM product WHERE search_vector @@ CAST({compiler.process(tsquery, **kw)} AS tsquery))"


def watch() -> None:
    """Keep `search_text` in step with the columns that are searched."""
    for moment in ("before_insert", "before_update"):
        event.listen(Product, moment, _refresh)


def _refresh(_mapper: Any, _connection: Any, product: Product) -> None:
    product.search_text = tokens(*(getattr(product, name) for name in SEARCHED))


SQLITE = (
    "CREATE VIRTUAL TABLE product_search USING fts5(search_text, content='product', content_rowid='id', detail='none', "
    'columnsize=0, tokenize="unicode61 remove_diacritics 0")',
    "CREATE TRIGGER product_search_insert AFTER INSERT ON product BEGIN "
    "INSERT INTO product_search(rowid, search_text) VALUES (new.id, new.search_text); END",
    "CREATE TRIGGER product_search_delete AFTER DELETE ON product BEGIN "
    "INSERT INTO product_search(product_search, rowid, search_text) VALUES ('delete', old.id, old.search_text); END",
    "CREATE TRIGGER product_search_update AFTER UPDATE OF search_text ON product WHEN old.search_text IS NOT new.search_text BEGIN "
    "INSERT INTO product_search(product_search, rowid, search_text) VALUES ('delete', old.id, old.search_text); "
    "INSERT INTO product_search(rowid, search_text) VALUES (new.id, new.search_text); END",
)
POSTGRESQL = (
    "ALTER TABLE product ADD COLUMN search_vector tsvector GENERATED ALWAYS AS "
    "(array_to_tsvector(array_remove(string_to_array(search_text, ' '), ''))) STORED",
    "CREATE INDEX ix_product_search_vector ON product USING gin (search_vector)",
)
