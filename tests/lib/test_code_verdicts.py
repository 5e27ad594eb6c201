"""What a code in somebody's list is, by its number alone."""

import csv

import pytest

from lib.codes import code_verdicts, ean
from lib.codes.code_verdicts import HELD, Verdict, judge

RESTRICTED, ISBN = Verdict.RESTRICTED, Verdict.ISBN
VECTORS = [
    # what is given, the verdict, what would be held
    ("4006381333931", "ok", "4006381333931"),
    (" ", "length 0", ""),
    ("", "length 0", ""),
    ("036000291452", "ok", "036000291452"),
    ("0036000291452", "ok", "0036000291452"),
    ("00036000291452", "ok", "0036000291452"),
    ("9100000000008", "ok", "9100000000008"),
    ("19100000000012", "ok", "19100000000012"),
    ("91000002", "ok EAN-8", "91000002"),
    ("4 006381 333931", "ok", "4006381333931"),
    ("4006381-333931", "ok", "4006381333931"),
    ("４００６３８１３３３９３１", "ok", "4006381333931"),
    ("4006381\u200b333931", "ok", "4006381333931"),
    ('="036000291452"', "ok", "036000291452"),
    ("'036000291452", "ok", "036000291452"),
    ("978-3-16-148410-0", ISBN, "9783161484100"),
    ("9790260000438", ISBN, "9790260000438"),
    ("19783161484107", ISBN, "19783161484107"),
    ("9771234567003", Verdict.ISSN, "9771234567003"),
    ("9800000000007", Verdict.REFUND, "9800000000007"),
    ("9812345678902", Verdict.COUPON, "9812345678902"),
    ("9900000000004", Verdict.COUPON, "9900000000004"),
    ("2000000000008", RESTRICTED, "2000000000008"),
    ("0200000000004", RESTRICTED, "0200000000004"),
    ("416000336108", RESTRICTED, "416000336108"),
    ("21000003", "ok EAN-8", "21000003"),
    ("4006381333932", "check digit", ""),
    ("9100000000000", "check digit", ""),
    ("36000291452", "length 11", ""),
    ("12345678901234567890", "length 20", ""),
    ("0000000000000", "zeros", ""),
    ("9.1E+12", "spreadsheet", ""),
    ("9,10001E+12", "spreadsheet", ""),
    ("5901234123457.0", "spreadsheet", ""),
    ("=A1+1", "not digits", ""),
    ("SKU-1", "not digits", ""),
    ("٤٠٠٦٣٨١٣٣٣٩٣١", "not digits", ""),
    (" 2345678901234", "not digits", ""),
    ("4006381333931\0", "not digits", ""),
    ("\ud800", "not digits", ""),
]


@pytest.mark.parametrize(("given", "word", "code"), VECTORS)
def test_own_vectors(given: str, word: str, code: str) -> None:
    found = judge(given)
    assert (found.word, found.code) == (word, code)
    assert found.verdict in HELD or found.text


@pytest.mark.parametrize("code", ["21000003", "00013703", "2000000000008", "416000336108", "0400000000008"])
def test_a_number_for_one_shop_is_so_at_any_length(code: str) -> None:
    assert (judge(code).verdict, judge(code).code) == (Verdict.RESTRICTED, code)


def test_agrees_with_35_vectors_of_four_other_projects(shared) -> None:
    rows = list(csv.DictReader((shared / "codes" / "gtin_vectors.csv").open(encoding="utf-8")))
    assert len(rows) == 35
    assert {r["code"] for r in rows if judge(r["code"]).word.startswith("ok") != (r["expected"] == "valid")} == set()
    assert {r["code"] for r in rows if bool(judge(r["code"]).code) != (r["expected"] == "valid")} == set()


def test_agrees_with_1309_real_codes(shared) -> None:
    rows = list(csv.DictReader((shared / "codes" / "off_codes_a.csv").open(encoding="utf-8")))
    assert len(rows) == 1309
    assert {r["code"]: judge(r["code"]).word for r in rows} == {r["code"]: r["judgement"] for r in rows}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("4006381333932", "4006381333932 ends in 2, but its check digit would be 1: a digit is wrong."),
        (
            "9100000000000",
            "9100000000000 ends in 0, but its check digit would be 8: a digit is wrong. "
            "Its zeros look like digits that a spreadsheet has lost.",
        ),
        (
            "9.1E+12",
            "9.1E+12 is a code that a spreadsheet has shortened; its digits are lost. Format the column as text.",
        ),
        (
            "36000291452",
            "36000291452 has 11 digits; a code has 8, 12, 13 or 14. "
            "With the zeros that a spreadsheet may have cut it would be 036000291452.",
        ),
        (
            "2000000000008",
            "2000000000008 begins with 20, which GS1 leaves to each shop: it can be held as an internal number only.",
        ),
        ("9783161484100", "9783161484100 begins with 978: it belongs to a book, and goes to no other product."),
        ("9771234567003", "9771234567003 begins with 977: it belongs to a magazine (ISSN), not to a product."),
        ("9900000000004", "9900000000004 begins with 99: it is for coupons, not for a product."),
        ("9812345678902", "9812345678902 begins with 98: it is for coupons, not for a product."),
        ("9800000000007", "9800000000007 begins with 980: it is for refunds, not for a product."),
        ("1" * 200, "11111111111111111111… is 200 characters long; a code has 8, 12, 13 or 14 digits."),
        ("4006381333931", ""),
    ],
)
def test_what_is_wrong_is_said(given: str, sentence: str) -> None:
    assert judge(given).text == sentence


def test_a_very_long_text_is_judged_at_once() -> None:
    assert judge("9" * 2**20).word == "length 1048576"
    assert judge("9" * 2**20 + "x").word == "not digits"
    assert ean.verdict.cache_info().maxsize is not None


@pytest.mark.parametrize(
    ("prefix", "sentence"),
    [
        ("4006381", None),
        ("614141", None),
        ("123456789012", None),
        ("400", "A prefix from GS1 has 4 to 12 digits, not '400'."),
        ("4006381333931", "A prefix from GS1 has 4 to 12 digits, not '4006381333931'."),
        ("", "A prefix from GS1 has 4 to 12 digits, not ''."),
        ("40x6", "A prefix from GS1 has 4 to 12 digits, not '40x6'."),
        (
            "2912",
            "GS1 gives numbers that begin with 291 to no company: they are for shops, books, magazines or coupons.",
        ),
        (
            "9783",
            "GS1 gives numbers that begin with 978 to no company: they are for shops, books, magazines or coupons.",
        ),
        (
            "0212",
            "GS1 gives numbers that begin with 021 to no company: they are for shops, books, magazines or coupons.",
        ),
    ],
)
def test_what_a_prefix_may_be(prefix: str, sentence: str | None) -> None:
    assert code_verdicts.prefix_problem(prefix) == sentence


@pytest.mark.parametrize(
    ("code", "prefix", "under"),
    [
        ("4006381333931", "4006381", True),
        ("4006381333931", "4006382", False),
        ("036000291452", "036000", True),
        ("0036000291452", "036000", True),
        ("036000291452", "0036000", True),
        ("0036000291452", "0036000", True),
        ("14006381333938", "4006381", True),
        ("91000002", "9100", False),
    ],
)
def test_a_code_is_under_a_prefix_as_ean_and_as_upc(code: str, prefix: str, under: bool) -> None:
    assert code_verdicts.is_under(code, prefix) is under
