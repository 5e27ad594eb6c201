"""The apostrophe that keeps a text from being run as a formula, when a download is opened in a spreadsheet program.

A cell that begins like a formula gets one in a CSV file, and loses it again when such a file is read: what comes back
is equal. A negative number is no formula and stays as it is.
"""

import re

STARTS = "=+\\-@\t\r\n＝＋－＠"  # the full-width signs are run as well
FORMULA = re.compile(f"'*[{STARTS}]")
NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")
SHIELDED = re.compile(f"(^|\0)'('*[{STARTS}])")


def shielded(cell: str) -> str:
    """The cell as it may be written into a CSV file."""
    return f"'{cell}" if FORMULA.match(cell) and not NEGATIVE.fullmatch(cell) else cell


def unshielded(packed: str) -> str:
    """The cells of a row, joined by NUL, without the apostrophes that `shielded` gave them."""
    return SHIELDED.sub(r"\1\2", packed) if "'" in packed else packed
