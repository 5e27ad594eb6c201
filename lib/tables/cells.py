"""What a cell of a workbook says, as text: no zero lost, no digit added, a formula as it is written."""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from openpyxl.utils.datetime import from_excel

from lib.tables.elements import TooLarge, local
from lib.tables.sheet import MOST_COLUMNS, Record

ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
LONGEST_NUMBER = 400


class Cells:
    """Turns rows of one sheet into records, knowing the texts and styles of its workbook."""

    def __init__(self, strings: Sequence[str], date_styles: set[str], epoch: Any):
        self.strings, self.date_styles, self.epoch = strings, date_styles, epoch
        self.columns: dict[str, int] = {}

    def record(self, line: int, row: Element) -> Record:
        texts, errors, dates = list[str](), list[int](), list[int]()
        for cell in row:
            at = self._column(cell.get("r"), len(texts))
            kind = cell.get("t", "n")
            text = self._text(cell, kind)
            if not text:
                continue
            if at >= MOST_COLUMNS:
                raise TooLarge(f"more than {MOST_COLUMNS} columns in line {line}")
            texts.extend([""] * (at + 1 - len(texts)))
            texts[at] = text
            if kind == "e":
                errors.append(at)
            if kind == "d" or (kind == "n" and cell.get("s") in self.date_styles):
                dates.append(at)
        return Record(line, texts, errors, dates)

    def _column(self, reference: str | None, following: int) -> int:
        """Counted from 0; a cell without a reference follows the one before."""
        if not reference:
            return following
        letters = reference.rstrip("0123456789")
        if letters not in self.columns:
            if not re.fullmatch("[A-Za-z]{1,3}", letters):
                raise ValueError(f"{reference[:20]} is no cell")
            place = 0
            for letter in letters.upper():
                place = place * 26 + ord(letter) - 64
            self.columns[letters] = place - 1
        return self.columns[letters]

    def _text(self, cell: Element, kind: str) -> str:
        value, formula = None, None
        for child in cell:
            name = local(child.tag)
            if name == "v":
                value = child.text
            elif name == "f":
                formula = child.text or ""
            elif name == "is" and kind == "inlineStr":
                return plain(child)
        if formula is not None and kind != "e":
            return f"={formula}"
        if value is None:
            return ""
        return self._of(value, kind, cell.get("s"))

    def _of(self, value: str, kind: str, style: str | None) -> str:
        if kind == "s":
            return self.strings[int(value) if value.isdigit() else len(self.strings)]
        if kind == "n":
            return self._date(value) if style in self.date_styles else number(value)
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        return unescaped(value)

    def _date(self, value: str) -> str:
        try:
            found = from_excel(float(value), self.epoch)
        except (ValueError, OverflowError):
            return number(value)
        if isinstance(found, datetime) and (found.hour, found.minute, found.second) == (0, 0, 0):
            return found.date().isoformat()
        return found.isoformat(" ", "seconds") if isinstance(found, datetime) else str(found)


def plain(element: Element) -> str:
    """The text of a string without its fonts and without the readings printed above Japanese."""
    pieces = [
        run.text or "" if local(run.tag) == "t" else "".join(t.text or "" for t in run if local(t.tag) == "t")
        for run in element
        if local(run.tag) in ("t", "r")
    ]
    return unescaped("".join(pieces))


def unescaped(text: str) -> str:
    """Letters that XML cannot hold are written by their number."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def number(value: str) -> str:
    """'5901234123457' for 5.901234123457E12, '19.99' for 19.989999999999998: the 15 digits that Excel itself knows."""
    value = value.strip()
    if value.lstrip("-").isdigit():
        return str(int(value)) if len(value) < LONGEST_NUMBER else value
    try:
        exact = float(value)
    except ValueError:
        return value
    if not math.isfinite(exact):
        return value
    shown = f"{exact:.15g}"
    return f"{Decimal(shown):f}" if "e" in shown and abs(Decimal(shown).adjusted()) < 20 else shown
