"""What the Products page asks for, case by case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import company
from db.frames import Page
from db.vocabulary import LibraryState, Source
from lib.products import products


@dataclass(frozen=True)
class Case:
    """One way to look at the library: as our filter, as the address of our page, and as the address of Django's."""

    name: str
    wanted: products.Filter
    ours: str
    django: str
    page: int = 1
    sort: str = ""
    goal: float = 1.5

    @property
    def place(self) -> Page:
        return Page(self.page, sort=self.sort)


def cases(many: int) -> list[Case]:
    """The ones that the tables show. The deep page is the one in the middle: 10,000 of a million products."""
    category = company.categories()[7]
    middle = many // 100
    rare = company.rare_word(0x1234)
    chosen = f"&p_category={category['path']}".replace(" ", "+").replace("/", "%2F") + "&p_source=1688"
    words = [
        ("common English word", company.COMMON),
        ("rare English word", rare),
        ("2 Chinese characters", company.COMMON_ZH),
        ("3 Chinese characters", company.RARE_ZH),
    ]
    return [
        Case("newest first", products.Filter(), "", ""),
        Case("status", products.Filter(state=LibraryState.READY), "p_state=ready", "state__exact=ready"),
        Case(
            "status + category + source",
            products.Filter(state=LibraryState.READY, categories=(category["id"],), sources=(Source.ALIBABA,)),
            "p_state=ready" + chosen,
            f"state__exact=ready&category__id__exact={category['id']}&source__exact=1688",
        ),
        Case(f"page {middle:,}", products.Filter(), f"products_page={middle}", f"p={middle}", page=middle),
        Case(
            f"status, page {middle // 4:,}",
            products.Filter(state=LibraryState.READY),
            f"p_state=ready&products_page={middle // 4}",
            f"state__exact=ready&p={middle // 4}",
            page=middle // 4,
        ),
        Case("sorted by title", products.Filter(), "products_sort=Title+%E2%86%93", "o=-4", sort="title_en"),
        Case("without a code", products.Filter(without_code=True), "p_no_code=true", "ean__isempty=1"),
        Case(
            "status + common English word",
            products.Filter(text=company.COMMON, state=LibraryState.READY),
            f"p_state=ready&p_text={company.COMMON}",
            f"state__exact=ready&q={company.COMMON}",
            goal=3.0,
        ),
        *(
            Case(f"text, {name}", products.Filter(text=word), f"p_text={word}", f"q={word}", goal=3.0)
            for name, word in words
        ),
    ]


def work(case: Case) -> Callable[[Any], Any]:
    """All that the page reads from the database for one rerun."""

    def read(session: Any) -> Any:
        products.category_names(session)
        products.counts(session)
        return products.count(session, case.wanted), products.table(session, case.wanted, case.place)

    return read
