"""Everything that the buttons of the laboratory need to know at once."""

from dataclasses import dataclass, replace

from lib.prices import formula_check, price_looks
from lib.prices.price_book import Book
from lib.prices.price_draft import Draft, Scope
from lib.prices.price_looks import Library, Look
from lib.ui import page
from lib.ui.prices.lab_bench import Bench
from lib.ui.prices.lab_saved import rule_name


@dataclass(frozen=True)
class Desk:
    """`look` is the preview of what is tried, `saved` what the saved rules would do to the listed prices, `ticked` listings of a table."""

    bench: Bench
    known: Library
    tried: Book
    draft: Draft
    look: Look
    saved: Look
    scope: Scope
    compare: str = "listed"
    ticked: tuple[int, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """What looks like a slip in what is tried."""
        rules = [
            (rule_name(self.known.book, key), formula_check.warnings(tiers))
            for key, tiers in self.draft.rules.items()
            if tiers
        ]
        stores = [(terms.name, formula_check.terms_warnings(terms)) for terms in self.draft.stores.values()]
        return [f"{name}: {problem.text}" for name, problems in (*rules, *stores) for problem in problems]

    def alone(self) -> "Desk":
        """The same for the ticked listings only."""
        scope = Scope(listings=self.ticked)
        look = page.read(price_looks.take, self.known, self.tried, scope)
        return replace(self, scope=scope, look=look)
