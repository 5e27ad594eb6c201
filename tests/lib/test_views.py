"""Saved views: kept by whoever likes, for the team by those who work there, and changed by nobody but their owner or an admin."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from db.models import ChangeSet, PastedList, SavedView, now
from db.session import SYSTEM, reading, transaction
from db.vocabulary import WorkStatus
from lib import history, queues, views
from lib.commands import perform
from lib.orders import order_links, pasted_lists
from lib.orders.order_filter import Filter
from lib.problems import Refused
from tests.lib.trade import all_of, company, line, one, order

LATE = {"o_late": ["true"]}


@pytest.fixture
def trade(database):
    company()
    order(1, line())
    order(2, line("X-9", 1, None), work_status=WorkStatus.EXCEPTION)


@pytest.fixture
def as_(acting):
    return lambda name, command, *args: perform(acting(name), command, *args)


@pytest.fixture
def seen_by(acting):
    """The names that somebody sees of a list's views."""

    def names(name, screen="orders"):
        with reading() as session:
            return [view.name for view in views.of_screen(session, acting(name), screen)]

    return names


def refused(run, *args):
    before = [(v.name, v.query, v.owner, v.is_shared, v.is_queue) for v in all_of(SavedView)]
    with pytest.raises(Refused) as why:
        run(*args)
    assert [(v.name, v.query, v.owner, v.is_shared, v.is_queue) for v in all_of(SavedView)] == before
    return str(why.value)


def test_a_view_of_ones_own_is_seen_by_nobody_else(trade, as_, seen_by):
    assert as_("charlie", views.save, "orders", "  Late   急 ", LATE) == "View “Late 急” saved for you."
    [made] = all_of(SavedView)
    assert (made.screen, made.name, made.query, made.owner) == ("orders", "Late 急", "o_late=true", "charlie")
    assert (seen_by("charlie"), seen_by("alice"), seen_by("charlie", "purchase")) == (["Late 急"], [], [])


def test_a_view_for_the_team_needs_the_right_of_its_list(trade, as_, seen_by):
    assert "may not work on orders" in refused(as_, "charlie", views.save, "orders", "Late", LATE, True)
    assert "may not make purchases" in refused(
        as_, "lily", views.save, "purchase", "Stuck", {"b_stuck": ["true"]}, True
    )
    assert (
        as_("oscar", views.save, "orders", "Late", LATE, True, True)
        == "View “Late” saved for the team, and Home counts it."
    )
    assert (seen_by("charlie"), seen_by("alice")) == (["Late"], ["Late"])


def test_only_the_owner_or_an_admin_changes_a_view_of_the_team(trade, as_, acting):
    as_("oscar", views.save, "orders", "Late", LATE, True)
    [made] = all_of(SavedView)
    no = "“Late” is oscar's view for the team; oscar or an admin may change it."
    assert refused(as_, "charlie", views.delete, made.id) == f"{no} Nothing was deleted."
    assert refused(as_, "charlie", views.rename, made.id, "Mine", True, False) == f"{no} Nothing was changed."
    assert refused(as_, "charlie", views.overwrite, made.id, "o_late=true", {}) == f"{no} Nothing was changed."
    as_("alice", views.rename, made.id, "Later", True, True)
    assert (one(SavedView, made.id).name, one(SavedView, made.id).is_queue) == ("Later", True)
    as_("alice", views.delete, made.id)
    assert all_of(SavedView) == []


def test_somebody_elses_own_view_does_not_exist_even_for_an_admin(trade, as_, acting):
    as_("oscar", views.save, "orders", "Late", LATE)
    [made] = all_of(SavedView)
    assert refused(as_, "alice", views.delete, made.id) == "This view does not exist any more. Nothing was deleted."
    with reading() as session:
        assert views.find(session, acting("alice"), "orders", str(made.id)) is None
        assert views.find(session, acting("oscar"), "purchase", str(made.id)) is None
        assert views.find(session, acting("oscar"), "orders", str(made.id)).criteria == LATE
        assert views.find(session, acting("oscar"), "orders", "x") is None


def test_a_view_gets_what_is_asked_for_now_unless_somebody_was_faster(trade, as_):
    as_("oscar", views.save, "orders", "Late", LATE, True)
    [made] = all_of(SavedView)
    assert (
        as_("oscar", views.overwrite, made.id, "o_late=true", {"o_soon": ["true"]})
        == "View “Late” has these criteria now."
    )
    assert one(SavedView, made.id).query == "o_soon=true"
    assert "was changed meanwhile" in refused(as_, "alice", views.overwrite, made.id, "o_late=true", {})


def test_a_name_is_given_once_per_person_and_once_in_the_team(trade, as_, seen_by):
    as_("oscar", views.save, "orders", "Late", LATE)
    assert "There is already a view “Late”" in refused(as_, "oscar", views.save, "orders", "Late", {})
    as_("bob", views.save, "orders", "Late", LATE)
    as_("bob", views.save, "orders", "Late", LATE, True)
    assert "The team has a view “Late”" in refused(as_, "oscar", views.save, "orders", "Late", {}, True)
    mine = next(view for view in all_of(SavedView) if view.owner == "oscar")
    assert "The team has a view “Late”" in refused(as_, "oscar", views.rename, mine.id, "Late", True, False)
    as_("oscar", views.rename, mine.id, "Late", False, True)
    assert seen_by("oscar") == ["Late", "Late"]


def test_what_cannot_be_kept_is_refused_in_a_sentence(trade, as_):
    assert refused(as_, "oscar", views.save, "orders", " \n ", LATE) == "A view needs a name. Nothing was saved."
    assert "60 characters at most" in refused(as_, "oscar", views.save, "orders", "x" * 61, LATE)
    assert "too long for a view" in refused(as_, "oscar", views.save, "orders", "x", {"o_numbers": ["111-1 " * 400]})
    assert "has no views" in refused(as_, "oscar", views.save, "products", "x", {})
    assert "does not exist" in refused(as_, "oscar", views.delete, 99)


def test_rubbish_and_what_is_no_criterion_are_not_kept(trade, as_):
    query = {
        "o_late": ["true"],
        "o_days": ["7"],
        "order": ["111-1"],
        "orders_page": ["3"],
        "o_x": ["1"],
        "orders_sort": ["Total ↓"],
    }
    as_("oscar", views.save, "orders", "Late", query)
    assert order_links.parse(all_of(SavedView)[0].query) == {
        "o_late": ["true"],
        "o_days": ["7 days"],
        "orders_sort": ["Total ↓"],
    }


def test_home_counts_what_the_view_shows_for_those_who_have_it(trade, as_, acting):
    as_(
        "oscar",
        views.save,
        "orders",
        "Unlinked here",
        order_links.write(order_links.ORDERS, Filter(text="X-9")),
        True,
        True,
    )
    as_("oscar", views.save, "orders", "All", {}, False, True)
    as_("oscar", views.save, "orders", "Not on Home", {})
    with reading() as session:
        mine = {q.name: q for q in queues.queues(session, acting("oscar")) if q.group == "Saved views"}
        theirs = [q.name for q in queues.queues(session, acting("charlie")) if q.group == "Saved views"]
    number = all_of(SavedView)[0].id
    assert {name: queue.count for name, queue in mine.items()} == {"All": 2, "Unlinked here": 1}
    assert mine["Unlinked here"].query == {"o_text": ["X-9"], "o_view": [str(number)]}
    assert theirs == ["Unlinked here"]


def test_nobody_takes_back_what_somebody_else_did_to_a_view(trade, as_):
    as_("oscar", views.save, "orders", "Late", LATE)
    number = all_of(ChangeSet)[-1].id
    assert "may not change the company's settings" in refused(as_, "charlie", history.undo, number)
    as_("oscar", history.undo, number)
    assert all_of(SavedView) == []


def test_a_pasted_list_is_kept_as_long_as_a_view_asks_for_it(trade, as_, acting):
    kept, other = (as_("oscar", pasted_lists.keep, f"111-{number} 111-{number + 1}") for number in (1, 5))
    as_("oscar", views.save, "orders", "Pasted", {"o_paste": [kept]})
    with transaction(SYSTEM, "tests.purge") as session:
        session.execute(update(PastedList).values(pasted_at=now() - timedelta(days=91)))
        assert pasted_lists.purge(session) == 1
    assert [row.key for row in all_of(PastedList)] == [kept] != [other]
