"""The address of a list and its criteria, both ways: what stands behind the question mark is the filter, and a link opens the same list.

What nobody understands in it is left out, and said. Orders and purchases share this, and so a saved view is an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, urlencode

from db.vocabulary import OrderStatus, Payment, PurchaseStatus, ShipmentState, Source, Term, WorkStatus
from lib.orders.link_kinds import Kind, Part, Words, kind_of, one, short
from lib.orders.order_filter import Dates, Filter
from lib.purchases import purchases

Query = Mapping[str, Sequence[str]]
"""Key -> the values that stand in the address, as typed there."""
RANGES: Words = {"1": "Today", "7": "7 days", "30": "30 days"}
"""Ranges that go on moving: the last so many days, today among them."""
FULFILMENT: Words = {"seller": "By us", "amazon": "By Amazon"}
YES_NO: Words = {"yes": "Yes", "no": "No"}


@dataclass(frozen=True, eq=False)
class Screen:
    """A list whose criteria stand in its address."""

    name: str
    prefix: str
    filter: type
    named: tuple[Part, ...]
    also: Mapping[str, str] = field(default_factory=dict)
    """What else belongs to a view: how it is sorted; and what stands there at rest."""
    days: str = ""
    """The key of the range that goes on moving; it fills the field `since`."""
    together: tuple[tuple[str, ...], ...] = ()
    """Fields that make one sentence; the first of them alone narrows nothing."""

    @property
    def view(self) -> str:
        """The key of the saved view that is open."""
        return f"{self.prefix}view"

    @property
    def parts(self) -> tuple[Part, ...]:
        return _parts(self)

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)


@dataclass(frozen=True)
class Read:
    """What an address says: the filter, and a sentence for each thing in it that was left out."""

    wanted: Any
    problems: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Chip:
    """One criterion in words, and the keys that are taken away with it."""

    text: str
    keys: tuple[str, ...]


ORDERS = Screen(
    "orders", "o_", Filter,
    (
        Part("text", "o_text", "Text"),
        Part("numbers", "o_numbers", "Pasted", loose=True),
        Part("paste", "o_paste", "Pasted list", loose=True),
        Part("stores", "o_store", "Store"),
        Part("countries", "o_country", "Country"),
        Part("statuses", "o_status", "Marketplace", OrderStatus.labels()),
        Part("works", "o_works", "Work", WorkStatus.labels()),
        Part("work", "o_work", "Tab", WorkStatus.labels(), by_value=True),
        Part("dates", "o_dates", "Date", Dates.labels()),
        Part("since", "o_since", "From"),
        Part("until", "o_until", "To"),
        Part("fulfilment", "o_fulfilment", "Sent", FULFILMENT),
        Part("bought", "o_bought", "Has a purchase"),
        Part("tracked", "o_tracked", "Has tracking"),
        Part("late", "o_late", "Late"),
        Part("soon", "o_soon", "Ship by soon"),
        Part("unlinked", "o_unlinked", "Unlinked lines"),
        Part("vain", "o_vain", "Canceled but bought"),
        Part("losing", "o_losing", "Losing money"),
        Part("currency", "o_currency", "Currency"),
        Part("least", "o_least", "At least"),
        Part("most", "o_most", "At most"),
        Part("tags", "o_tags", "Tag"),
        Part("parcels", "o_parcels", "Parcels", ShipmentState.labels()),
    ),
    {"orders_sort": "Bought ↓"}, "o_days", (("dates", "since", "until"), ("currency", "least", "most")),
)  # fmt: skip
PURCHASES = Screen(
    "purchase", "b_", purchases.Filter,
    (
        Part("text", "b_text", "Text"),
        Part("paste", "b_paste", "Pasted list", loose=True),
        Part("status", "b_status", "Status", PurchaseStatus.labels(), by_value=True),
        Part("statuses", "b_statuses", "Status", PurchaseStatus.labels()),
        Part("sites", "b_site", "Site", Source.labels()),
        Part("operators", "b_operator", "Operator"),
        Part("without_tracking", "b_untracked", "Without tracking"),
        Part("late_tracking", "b_late_tracking", "No tracking after 48 h"),
        Part("stuck", "b_stuck", "Stuck"),
        Part("drift", "b_drift", "Price drift"),
        Part("vain", "b_vain", "Canceled but bought"),
        Part("losing", "b_losing", "Losing money"),
        Part("payments", "b_payments", "Payment", Payment.labels()),
    ),
    {"purchases_sort": "Bought ↓"},
)  # fmt: skip
SCREENS: Mapping[str, Screen] = {screen.name: screen for screen in (ORDERS, PURCHASES)}


# From the address, and back


def read(screen: Screen, query: Query, today: date | None = None) -> Read:
    """The filter that an address means. Whatever cannot be understood counts as not said, and is named."""
    found, problems = {}, []
    for key, typed in query.items():
        part = screen.part(key)
        if part is None:
            if key.startswith(screen.prefix) and key not in (screen.days, screen.view):
                problems.append(f"“{short(key)}” is no criterion of this list; it was left out.")
            continue
        try:
            found[part.name] = _kind(screen, part).read(typed)
        except ValueError as why:
            problems.append(f"{part.label}: {why}; it was left out.")
    if days := one(query.get(screen.days, ())):
        if days in RANGES or days in RANGES.values():
            count = int(next(number for number, label in RANGES.items() if days in (number, label)))
            found |= {"since": (today or datetime.now(UTC).date()) - timedelta(days=count - 1), "until": None}
        else:
            problems.append(f"“{short(days)}” is no range of days; it was left out.")
    return Read(screen.filter(**found), tuple(problems))


def write(screen: Screen, wanted: Any) -> dict[str, list[str]]:
    """The address of a filter: only what narrows the list, in the order of the screen's criteria."""
    empty, query = screen.filter(), {}
    for part in screen.parts:
        value = getattr(wanted, part.name)
        if value not in (getattr(empty, part.name), "", ()):
            query[part.key] = _kind(screen, part).write(value)
    return query


def canonical(screen: Screen, query: Query) -> dict[str, list[str]]:
    """The same criteria, always said the same way, so that two addresses can be compared; rubbish is gone, moving ranges go on moving."""
    moving = {} if not screen.days else {screen.days: list(query.get(screen.days, ()))[-1:]}
    fixed = ("since", "until") if read(screen, moving).wanted != screen.filter() else ()
    plain = {key: typed for key, typed in query.items() if key != screen.days and not _is(screen, key, fixed)}
    kept = write(screen, read(screen, plain).wanted)
    if fixed:
        kept |= {key: [_range(typed[0])] for key, typed in moving.items() if typed}
    return kept | {
        key: [typed] for key, rest in screen.also.items() if (typed := one(query.get(key, ()))) not in ("", rest)
    }


def text(query: Query) -> str:
    """As it stands in the address, behind the question mark."""
    return urlencode(query, doseq=True)


def parse(typed: str) -> dict[str, list[str]]:
    """An address's part behind the question mark, taken apart."""
    return parse_qs(typed.removeprefix("?"), max_num_fields=200) if typed.count("&") < 200 else {}


# The fields of the screen, and words


def state(screen: Screen, query: Query) -> dict[str, Any]:
    """What each field of the screen has to hold to show this address; those that it does not name are empty."""
    asked = {key: typed for key, typed in query.items() if key != screen.days}
    wanted = read(screen, asked).wanted
    shown = {part.key: _kind(screen, part).shown(getattr(wanted, part.name)) for part in screen.parts}
    if screen.days:
        chosen = one(query.get(screen.days, ()))
        shown[screen.days] = next((number for number, label in RANGES.items() if chosen in (number, label)), None)
    return shown


def said(screen: Screen, key: str, shown: Any) -> list[str]:
    """What stands in the address for the value that a field of the screen holds; empty for a field at rest."""
    part = screen.part(key)
    if part is None:
        return [_range(str(shown)) if key == screen.days else str(shown)] if shown else []
    kind = _kind(screen, part)
    if shown in (None, "", kind.shown(getattr(screen.filter(), part.name))) or (
        part.by_value and shown not in (part.words or ())
    ):
        return []
    return [shown] if isinstance(shown, str) and part.words is None else kind.write(shown)


def chips(screen: Screen, query: Query) -> list[Chip]:
    """What narrows the list, in words, each with the keys that it stands for."""
    canon = canonical(screen, query)
    keys = {part.name: part.key for part in screen.parts}
    made: list[Chip] = []
    done = set[str]()
    for part in screen.parts:
        group = next((names for names in screen.together if part.name in names), (part.name,))
        if part.name in done or part.by_value:  # the tabs say for themselves which one is open
            continue
        done.update(group)
        members = tuple(keys[name] for name in group if name in keys)
        moving = (screen.days,) if "since" in group and screen.days else ()
        if sentence := _sentence(screen, group, canon):
            made.append(Chip(sentence, members + moving))
    return made


def _sentence(screen: Screen, group: Sequence[str], canon: Query) -> str:
    wanted = read(screen, {key: typed for key, typed in canon.items() if key != screen.days}).wanted
    if len(group) == 1:
        part = next(part for part in screen.parts if part.name == group[0])
        value = getattr(wanted, part.name)
        return _plainly(part, value, canon.get(part.key, ()))
    first, least, most = [getattr(wanted, name, None) for name in group]
    head = Dates(str(first)).label if group[0] == "dates" else str(first or "Amount")
    if "since" in group and (moving := canon.get(screen.days)):
        return f"{head}: {moving[0].lower() if moving[0] == 'Today' else f'the last {moving[0]}'}"
    if least is None and most is None:
        return f"Currency: {first}" if first and group[0] == "currency" else ""
    between = f"{least} to {most}" if least is not None and most is not None else None
    return f"{head} {between or (f'from {least}' if least is not None else f'up to {most}')}"


def _plainly(part: Part, value: Any, typed: Sequence[str]) -> str:
    if value is True and typed == ["true"]:
        return part.label
    if part.name == "paste":
        return part.label if value else ""
    labels = [part.words.get(word, word) for word in typed] if part.words else list(typed)
    return f"{part.label}: {short(', '.join(labels), 24 if part.loose else 60)}" if labels else ""


# The criteria


@cache
def _parts(screen: Screen) -> tuple[Part, ...]:
    """The criteria that the filter has, in their order; one that nobody has named is called as its field is."""
    have = [each.name for each in fields(screen.filter)]
    named = [part for part in screen.named if part.name in have]
    known = {part.name for part in named}
    terms = {each.name: each.metadata.get("words") for each in fields(screen.filter)}
    terms |= {name: _term(_hints(screen.filter)[name]) for name in have if not terms[name]}
    words = {name: term.labels() if term else None for name, term in terms.items()}
    rest = [Part(name, screen.prefix + name, name.replace("_", " ").capitalize(), words[name])
            for name in have if name not in known]  # fmt: skip
    return (*named, *rest)


@cache
def _hints(filter: type) -> Mapping[str, Any]:
    return get_type_hints(filter)


def _term(hint: Any) -> type[Term] | None:
    """The closed list whose words a field takes several of."""
    made = get_args(hint)[0] if get_origin(hint) is tuple else None
    return made if isinstance(made, type) and issubclass(made, Term) else None


def _kind(screen: Screen, part: Part) -> Kind:
    return kind_of(part, _hints(screen.filter)[part.name])


def _range(typed: str) -> str:
    return RANGES.get(typed, typed)


def _is(screen: Screen, key: str, names: Sequence[str]) -> bool:
    part = screen.part(key)
    return part is not None and part.name in names
