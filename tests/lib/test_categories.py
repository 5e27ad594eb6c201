"""The category tree: names, ancestors, and what is below."""

import pytest
from sqlalchemy import func, select

from db.models import Category, Change
from db.session import SYSTEM, reading, transaction
from lib.problems import Refused
from lib.products import categories


def test_blanks_around_names_do_not_count() -> None:
    assert categories.names("  Men /  Tops  shirts / ") == ["Men", "Tops shirts"]
    assert categories.lineage("Men / Tops") == ["Men", "Men / Tops"]


def test_a_slash_without_blanks_belongs_to_the_name() -> None:
    assert categories.names("A/C / Filters") == ["A/C", "Filters"]


def test_ensure_makes_what_is_missing_above_once_and_with_history(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        tops = categories.ensure(session, "Men / Tops")
        assert categories.ensure(session, "Men /  Tops") == tops
        categories.ensure(session, "Men / Shoes")
    with reading() as session:
        assert list(categories.paths(session)) == ["Men", "Men / Shoes", "Men / Tops"]
        assert session.get_one(Category, tops).name == "Tops"
        assert session.get_one(Category, tops).parent_id == categories.paths(session)["Men"]
        assert session.scalar(select(func.count()).select_from(Change).where(Change.table == "category")) == 3


def test_ensure_fills_what_the_caller_keeps(database: str) -> None:
    known: dict[str, int] = {}
    with transaction(SYSTEM, "test") as session:
        tops = categories.ensure(session, "Men / Tops", known)
    assert known["Men / Tops"] == tops
    assert list(known) == ["Men", "Men / Tops"]


@pytest.mark.parametrize("path", ["", " / ", "x" * 201, " / ".join("abcdefghijklm")])
def test_what_is_no_category_is_refused(database: str, path: str) -> None:
    with pytest.raises(Refused, match="Nothing was saved"), transaction(SYSTEM, "test") as session:
        categories.ensure(session, path)
    with reading() as session:
        assert categories.paths(session) == {}


def test_below_categories_are_they_and_all_that_is_under_them(database: str) -> None:
    with transaction(SYSTEM, "test") as session:
        shirts = categories.ensure(session, "Men / Tops / Shirts")
        categories.ensure(session, "Menswear / Tops")
        known = categories.paths(session)
        assert set(session.scalars(categories.below([known["Men"]]))) == {known["Men"], known["Men / Tops"], shirts}
        assert session.scalars(categories.below([shirts])).all() == [shirts]
