"""What a code in somebody's list is: good, wrong and in what way, or a number that is for something else.

Pure: looks at the number alone. Nothing is ever repaired: a code that is wrong is named with what it should be, and stays out.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from lib.codes import ean


class Verdict(StrEnum):
    OK = "ok"
    EAN_8 = "ok EAN-8"
    RESTRICTED = "ok but restricted circulation (02/04/2x: in-store)"
    ISBN = "ok but ISBN (978/979: a book)"
    ISSN = "ok but ISSN (977: a magazine)"
    REFUND = "ok but refund (980)"
    COUPON = "ok but coupon (98/99)"
    CHECK_DIGIT = "check digit"
    LENGTH = "length"
    ZEROS = "zeros"
    NOT_DIGITS = "not digits"
    SPREADSHEET = "spreadsheet"
    UNREAD = "not read"


HELD = frozenset({Verdict.OK, Verdict.EAN_8, Verdict.RESTRICTED, Verdict.ISBN})
"""What may be in the ledger, each as what it is."""
USES = {
    "977": Verdict.ISSN,
    "978": Verdict.ISBN,
    "979": Verdict.ISBN,
    "980": Verdict.REFUND,
    "98": Verdict.COUPON,
    "99": Verdict.COUPON,
}
LONGEST, SHORTEST_PREFIX, LONGEST_PREFIX = 60, 4, 12
QUOTED = re.compile(r'=\s*"([^"]*)"')
MADE_A_NUMBER = re.compile(r"\d+[.,]0+")
TEXTS = {
    Verdict.OK: "",
    Verdict.EAN_8: "GS1 gives EAN-8 numbers out one by one, for small articles.",
    Verdict.RESTRICTED: "{code} begins with {start}, which GS1 leaves to each shop: it can be held as an internal number only.",
    Verdict.ISBN: "{code} begins with {start}: it belongs to a book, and goes to no other product.",
    Verdict.ISSN: "{code} begins with 977: it belongs to a magazine (ISSN), not to a product.",
    Verdict.REFUND: "{code} begins with 980: it is for refunds, not for a product.",
    Verdict.COUPON: "{code} begins with {start}: it is for coupons, not for a product.",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`word` is the verdict of the digits ("length 11", "ok EAN-8"); `text` the sentence, empty when there is nothing to say.

    `code` is what would be held: the digits alone. Empty when there is no code that could be.
    """

    verdict: Verdict
    word: str
    text: str
    code: str = ""

    @property
    def gtin14(self) -> str:
        return self.code.zfill(14)


def judge(given: str) -> Judgement:
    """What this is, as it stood in a list: with spaces, dashes, full-width digits, quotes or the mark of a spreadsheet's text."""
    text = unquoted(given)
    if len(text) > LONGEST:
        word = f"length {len(text)}" if text.isascii() and text.isdigit() else "not digits"
        return Judgement(Verdict(word.partition(" ")[0]) if word[0] == "l" else Verdict.NOT_DIGITS, word,
                         f"{text[:20]}… is {len(text):,} characters long; a code has 8, 12, 13 or 14 digits.")  # fmt: skip
    word, code = ean.verdict(text), ean.compact(text)
    if word.startswith("ok"):
        return _well_formed(word, code)
    if ean.EXCEL_MADE_IT_SHORT.fullmatch(code) or MADE_A_NUMBER.fullmatch(code):
        return Judgement(Verdict.SPREADSHEET, Verdict.SPREADSHEET, ean.problem(text) or "")
    said = ean.problem(text) or ""
    if word == "check digit" and code.endswith("00000"):
        said += " Its zeros look like digits that a spreadsheet has lost."
    return Judgement(Verdict.LENGTH if word.startswith("length") else Verdict(word), word, said)


def unquoted(given: str) -> str:
    """The code without what keeps it a text in a spreadsheet: ="0123", '0123. The digits stay as they are."""
    held = QUOTED.fullmatch(given.strip())
    return held[1] if held else given.removeprefix("'")


def _well_formed(word: str, code: str) -> Judgement:
    """14 digits with a zero in front are the article's own 13."""
    code = code[1:] if len(code) == 14 and code[0] == "0" else code
    number = code.zfill(14)[1:]
    start = next((start for start in USES if number.startswith(start)), "")
    verdict = USES[start] if start else Verdict.RESTRICTED if ean.is_restricted(code) else Verdict(word)
    return Judgement(verdict, USES.get(start, word), TEXTS[verdict].format(code=code, start=start or code[:2]), code)


def prefix_problem(prefix: str) -> str | None:
    """Why this cannot be a prefix that GS1 has given to a company; None when it can."""
    if not (prefix.isascii() and prefix.isdigit() and SHORTEST_PREFIX <= len(prefix) <= LONGEST_PREFIX):
        return f"A prefix from GS1 has {SHORTEST_PREFIX} to {LONGEST_PREFIX} digits, not {prefix[:20]!r}."
    if prefix.startswith(("02", "04", "2", *USES)):
        return f"GS1 gives numbers that begin with {prefix[:3]} to no company: they are for shops, books, magazines or coupons."
    return None


def is_under(code: str, prefix: str) -> bool:
    """Whether the code is one of the prefix, written as on an EAN or as on a UPC, which has no zero in front."""
    number = code.zfill(14)[1:]
    return number.startswith(prefix) or (number[0] == "0" and number[1:].startswith(prefix))
