"""The number under a barcode: EAN-13, UPC-A, EAN-8, GTIN-14, ISBN. Always text, for a code may begin with zeros.

`verdict` is the word for a code and `problem` the sentence; both look at the number alone, never at who may use it.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from lib.counted import counted

LENGTHS = {"EAN-13": 13, "UPC-A": 12, "EAN-8": 8, "GTIN-14": 14}
KINDS = {length: kind for kind, length in LENGTHS.items()}
OK, EAN_8, RESTRICTED = "ok", "ok EAN-8", "ok but restricted circulation (02/04/2x: in-store)"

# Printed codes and pasted ones carry spaces, dashes of all lengths and the digits of a Chinese keyboard.
DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
DECORATION = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\uff0d\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
EXCEL_MADE_IT_SHORT = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)


def compact(text: str) -> str:
    """The code without spaces, dashes and full-width digits; all else is left for `problem` to name."""
    if text.isascii() and text.isdigit():
        return text  # nearly all of a file's
    return DECORATION.sub("", text).translate(DIGITS)


def check_digit(body: str) -> str:
    """The last digit of the code that begins with `body`: from the right, weights 3, 1, 3, 1 ..."""
    if not _is_digits(body):
        raise ValueError(f"A check digit is made from digits, not from {body!r}.")
    total = 3 * sum(map(int, body[-1::-2])) + sum(map(int, body[-2::-2]))
    return str(-total % 10)


@lru_cache(maxsize=2**17)  # an import asks four times for each of its codes
def verdict(code: str) -> str:
    """OK, EAN_8, RESTRICTED, or what is wrong: 'length 11', 'check digit', 'not digits', 'zeros'.

    A space before or after stands where a digit has been, for all we know: `compact` the code first where it does not.
    """
    is_padded, code = code != code.strip(), compact(code)
    if is_padded or not _is_digits(code):
        return "not digits" if code else "length 0"
    if len(code) not in KINDS:
        return f"length {len(code)}"
    if not code.strip("0"):
        return "zeros"
    if check_digit(code[:-1]) != code[-1]:
        return "check digit"
    if len(code) == 8:
        return EAN_8
    return RESTRICTED if is_restricted(code) else OK


def is_valid(code: str) -> bool:
    return verdict(code).startswith("ok")


def is_restricted(code: str) -> bool:
    """Whether GS1 leaves this number to each shop for its own use: it begins with 02, 04 or 2 (EAN-8: 0 or 2)."""
    code = compact(code)
    if len(code) == 8:
        return code[0] in "02"
    return code.zfill(14)[1:3].startswith(("02", "04", "2"))


def problem(code: str) -> str | None:
    """Why this is not the code of a product, as a sentence; None when it is well-formed."""
    found, is_padded, code = verdict(code), code != code.strip(), compact(code)
    if found.startswith("ok"):
        return None
    if found == "length 0":
        return "There is no code."
    if found == "not digits" and is_padded:
        return f"{code} has a space before or after it: a digit may be missing."
    if found == "not digits":
        return _of_other_characters(code)
    if found == "zeros":
        return "A code of zeros only stands for no code."
    if found == "check digit":
        return f"{code} ends in {code[-1]}, but its check digit would be {check_digit(code[:-1])}: a digit is wrong."
    return f"{code} has {counted(len(code), 'digit')}; a code has 8, 12, 13 or 14.{_with_its_zeros(code)}"


def kind(code: str) -> str | None:
    """'EAN-13', 'UPC-A', 'EAN-8', 'GTIN-14', 'ISBN' (978, 979) or 'JAN' (45, 49); None when it is not well-formed."""
    if not is_valid(code):
        return None
    code = compact(code)
    if len(code) == 13 and code.startswith(("978", "979")):
        return "ISBN"
    if len(code) == 13 and code.startswith(("45", "49")):
        return "JAN"
    return KINDS[len(code)]


def gtin14(code: str) -> str:
    """The one form of all spellings: a UPC and its EAN twin are the same 14 digits. ValueError says what is wrong."""
    wrong = problem(code)
    if wrong:
        raise ValueError(wrong)
    return compact(code).zfill(14)


def capacity(prefix: str, kind: str = "EAN-13") -> int:
    """How many codes begin with this prefix. ValueError when it is not digits or leaves no room."""
    room = LENGTHS[kind] - 1 - len(prefix)
    if not _is_digits(prefix) or room < 1:
        raise ValueError(f"A prefix of {kind} is 1 to {LENGTHS[kind] - 2} digits, not {prefix!r}.")
    return int(10**room)


def numbered(prefix: str, serials: Iterable[int], kind: str = "EAN-13") -> list[str]:
    """The full codes for these serial numbers: numbered('910', [0, 1]) is ['9100000000008', '9100000000015']."""
    room = capacity(prefix, kind)
    width = LENGTHS[kind] - 1 - len(prefix)
    codes = []
    for serial in serials:
        if not 0 <= serial < room:
            raise ValueError(f"Number {serial} does not fit: {kind} with prefix {prefix} ends at {room - 1}.")
        body = f"{prefix}{serial:0{width}d}"
        codes.append(body + check_digit(body))
    return codes


def carton(code: str, indicator: str) -> str:
    """The GTIN-14 of a carton of this article; the indicator 1 to 8 says which packing, 9 that its measure varies."""
    if indicator not in tuple("123456789"):
        raise ValueError(f"The indicator of a carton is a digit from 1 to 9, not {indicator!r}.")
    body = indicator + gtin14(code)[1:-1]
    return body + check_digit(body)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _of_other_characters(code: str) -> str:
    if EXCEL_MADE_IT_SHORT.fullmatch(code):
        return f"{code} is a code that a spreadsheet has shortened; its digits are lost. Format the column as text."
    if re.fullmatch(r"\d+[.,]0+", code):
        return f"{code} is a code that a spreadsheet has made a number. Format the column as text."
    return f"{code[:40]!r} is not a code: only digits are."


def _with_its_zeros(code: str) -> str:
    for length in (12, 13):
        if len(code) < length and len(code) > 8 and is_valid(code.zfill(length)):
            return f" With the zeros that a spreadsheet may have cut it would be {code.zfill(length)}."
    return ""
