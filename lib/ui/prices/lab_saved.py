"""What is saved, as the laboratory needs it: by the keys of a draft, and in words."""

from decimal import Decimal

from lib.prices.formula import StoreTerms, plain
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft, RuleKey, Tiers
from lib.words import Source


def saved_all(book: Book) -> Draft:
    """Everything that a draft could replace."""
    return Draft(saved_rules(book), dict(book.stores), saved_rates(book))


def saved_rules(book: Book) -> dict[RuleKey, Tiers]:
    """The tiers that are saved, low to high, by category and source."""
    ids = {path[-1]: number for number, path in book.paths.items()}
    return {(ids[rule.category], source): tuple(sorted(rule.tiers, key=lambda tier: tier.threshold))
            for source, held in book.rules.items() for rule in held if rule.category in ids}  # fmt: skip


def saved_rates(book: Book) -> dict[str, Decimal]:
    return {rate.pair: rate.value for rate in book.rates.values()}


def versions(book: Book) -> dict[RuleKey, int | None]:
    """The number of the version of each rule."""
    ids = {path[-1]: number for number, path in book.paths.items()}
    return {(ids[rule.category], source): rule.version
            for source, held in book.rules.items() for rule in held if rule.category in ids}  # fmt: skip


def key_of(book: Book, category: str, source: Source) -> RuleKey | None:
    """The key of the rule of a category that is named by its path."""
    return next(((number, source) for number, path in book.paths.items() if path[-1] == category), None)


def rule_name(book: Book, key: RuleKey) -> str:
    """As people call it: 1688 / Men / Tops."""
    category, source = key
    return f"{Source(source).label} / {(book.paths.get(category) or ['?'])[-1]}"


def words_of(terms: StoreTerms) -> str:
    """The saved terms on one line: 120 % + 2 · .99 · floor 10."""
    fine = f" {'−' if terms.fine < 0 else '+'} {plain(abs(terms.fine))}" if terms.fine else ""
    floor = f"floor {plain(terms.floor)}" if terms.floor is not None else None
    return " · ".join(filter(None, [f"{plain(terms.percent)} %{fine}", terms.ending, floor]))
