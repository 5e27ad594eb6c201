"""In which alphabet a text file was saved. Found strictly: a wrong guess would silently turn names into others."""

import re

from lib.problems import Refused

NAMES = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "gb18030": "GB18030"}
NAMES |= {"cp932": "Shift JIS", "cp1252": "Windows-1252"}
SAMPLE = 1_000_000
HANZI = re.compile("[\u4e00-\u9fff]")
EAST_ASIAN = "\u3000-\u30ff\u3400-\u9fff\uff00-\uff60"
TOGETHER = re.compile(f"[{EAST_ASIAN}]{{2,}}")
STRANGE = re.compile("[\ue000-\uf8ff\uff61-\uff9f\x80-\x9f]")
LATIN_RUN = re.compile("[\u0080-\uffff]+")
LATIN = re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸªº«»°®©™€£§·¿¡–—‘’“”…\u00a0²³¹¼½¾µ×±´¸¨•†‡‰]")


def encoding_of(content: bytes) -> str:
    """Python's name of the encoding, in which the whole content decodes; Refused with a sentence when none fits."""
    found = _utf16(content)
    if found:
        return found if _decodes(content, found) else _refuse_cut_off()
    try:
        content.decode("utf-8-sig")
        return "utf-8-sig"
    except UnicodeDecodeError as wrong:
        refuse_broken_utf8(content, wrong)
    for encoding, is_plausible in (("gb18030", _is_chinese), ("cp932", _is_japanese), ("cp1252", _is_latin)):
        if _decodes(content, encoding) and is_plausible(content[:SAMPLE].decode(encoding, "ignore")):
            return encoding
    raise Refused(
        "The letters of the file are in an encoding that is not known here. "
        "Nothing was read: save it as 'CSV UTF-8', or as an Excel workbook."
    )


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _utf16(content: bytes) -> str | None:
    """By its mark, or by the empty half of its letters where it has none."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    start = content[:1000]
    high, low = start[1::2].count(0), start[0::2].count(0)
    if max(high, low) > 0.3 * len(start) / 2 and min(high, low) == 0 and len(start) > 3:
        return "utf-16-le" if high else "utf-16-be"
    return None


def refuse_broken_utf8(content: bytes, wrong: UnicodeDecodeError) -> None:
    """UTF-8 that ends or breaks somewhere decodes as Chinese nonsense, so it must not be tried further."""
    letters = len(re.findall(rb"[\xc2-\xf4][\x80-\xbf]+", content[:SAMPLE]))
    broken = content[:SAMPLE].decode("utf-8", "replace").count("\ufffd")
    if letters <= 4 * broken:
        return
    if wrong.reason == "unexpected end of data" and wrong.start >= len(content) - 3:
        _refuse_cut_off()
    line = content[: wrong.start].count(b"\n") + 1
    raise Refused(
        f"Line {line} holds a letter that is not UTF-8, while the lines before are. "
        "Nothing was read: the file is damaged or glued together; export it again."
    )


def _refuse_cut_off() -> str:
    raise Refused("The file ends in the middle of a letter: it was cut off. Nothing was read: export it again.")


def _is_chinese(text: str) -> bool:
    """Other alphabets read as GB18030 give rare characters between letters; Chinese gives common ones in a row."""
    hanzi = "".join(HANZI.findall(text))
    if STRANGE.search(text):
        return False
    if not hanzi:
        return True
    common = len(hanzi.encode("gb2312", "ignore")) / 2 / len(hanzi)
    return common > 0.4 and _togetherness(text) > 0.6


def _is_japanese(text: str) -> bool:
    return not STRANGE.search(text) and _togetherness(text) > 0.6


def _togetherness(text: str) -> float:
    """The share of East Asian characters that stand beside another one."""
    together = sum(len(run) for run in TOGETHER.findall(text))
    return together / max(1, len(re.findall(f"[{EAST_ASIAN}]", text)))


def _is_latin(text: str) -> bool:
    """Accents stand alone among plain letters; another alphabet gives long runs of signs."""
    runs = LATIN_RUN.findall(text)
    foreign = "".join(runs)
    is_short = len(foreign) <= 2.2 * len(runs) and max(map(len, runs), default=0) <= 5
    return is_short and len(LATIN.findall(foreign)) >= 0.9 * len(foreign)
