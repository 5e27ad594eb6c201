"""The number under a barcode."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean as stdnum_ean

from lib.codes import ean


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("910000000000", "8"),
        ("910000000001", "5"),
        ("400638133393", "1"),
        ("03600029145", "2"),
        ("9100000", "2"),
        ("1910000000001", "2"),
    ],
)
def test_check_digits_of_the_trade(body, digit):
    assert ean.check_digit(body) == digit


@given(st.text("0123456789", min_size=7, max_size=13).filter(lambda body: len(body) in (7, 11, 12, 13)))
def test_check_digit_agrees_with_another_implementation(body):
    assert ean.check_digit(body) == stdnum_ean.calc_check_digit(body)


@given(st.text("0123456789", min_size=12, max_size=12).filter(lambda body: body.strip("0")), st.integers(0, 12))
def test_every_single_wrong_digit_is_found(body, place):
    code = body + ean.check_digit(body)
    wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
    assert ean.is_valid(code)
    assert not ean.is_valid(wrong)


def test_vectors_of_four_other_projects(shared):
    rows = list(csv.DictReader((shared / "codes" / "gtin_vectors.csv").open(encoding="utf-8")))
    assert len(rows) == 35
    assert {r["code"] for r in rows if ean.is_valid(r["code"]) != (r["expected"] == "valid")} == set()
    assert {r["code"] for r in rows if (ean.problem(r["code"]) is None) != (r["expected"] == "valid")} == set()


def test_verdicts_on_1309_real_codes(shared):
    rows = list(csv.DictReader((shared / "codes" / "off_codes_a.csv").open(encoding="utf-8")))
    assert len(rows) == 1309
    assert {r["code"]: ean.verdict(r["code"]) for r in rows} == {r["code"]: r["judgement"] for r in rows}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("9100000000008", "EAN-13"),
        ("036000291452", "UPC-A"),
        ("91000002", "EAN-8"),
        ("19100000000012", "GTIN-14"),
        ("978-0-471-11709-4", "ISBN"),
        ("4901234567894", "JAN"),
        ("9100000000009", None),
        ("", None),
    ],
)
def test_kind(code, kind):
    assert ean.kind(code) == kind


def test_upc_and_its_ean_twin_are_one_code():
    assert ean.gtin14("036000291452") == ean.gtin14("0036000291452") == "00036000291452"
    assert ean.gtin14("9100000000008") == "09100000000008"
    assert ean.gtin14("91000002") == "00000091000002"


def test_gtin14_of_a_wrong_code_says_what_is_wrong():
    with pytest.raises(ValueError, match="check digit would be 8"):
        ean.gtin14("9100000000009")


@pytest.mark.parametrize(
    "written", ["6901036882131", " 6 901036 882131\n", "6901036-882131", "６９０１０３６８８２１３１"]
)
def test_printed_and_typed_spellings_are_the_same_code(written):
    assert ean.compact(written) == "6901036882131"
    assert ean.problem(ean.compact(written)) is None


@pytest.mark.parametrize(
    ("code", "verdict", "sentence"),
    [
        ("", "length 0", "There is no code."),
        ("0000000000000", "zeros", "A code of zeros only stands for no code."),
        ("9.1E+12", "not digits", "digits are lost"),
        ("5.90123E+12", "not digits", "digits are lost"),
        ("5901234123457.0", "not digits", "made a number"),
        ("750103AAAA309", "not digits", "'750103AAAA309' is not a code: only digits are."),
        ("٦٩٠١٠٣٦٨٨٢١٣١", "not digits", "only digits are"),
        (" 2345678901234", "not digits", "2345678901234 has a space before or after it: a digit may be missing."),
        ("9100000000009", "check digit", "ends in 9, but its check digit would be 8"),
        ("1234567890", "length 10", "has 10 digits; a code has 8, 12, 13 or 14."),
        ("36000291452", "length 11", "With the zeros that a spreadsheet may have cut it would be 036000291452."),
    ],
)
def test_what_is_wrong_is_said(code, verdict, sentence):
    assert ean.verdict(code) == verdict
    assert sentence in ean.problem(code)


@pytest.mark.parametrize(
    ("code", "restricted"),
    [
        ("2000000000008", True),
        ("0200000000008", True),
        ("416000336108", True),
        ("9100000000008", False),
        ("91000002", False),
    ],
)
def test_codes_for_use_in_one_shop_only(code, restricted):
    assert ean.is_restricted(code) is restricted


def test_numbered_makes_full_codes():
    assert ean.numbered("910", [0, 1]) == ["9100000000008", "9100000000015"]
    assert ean.numbered("0360002914", [5], "UPC-A") == ["036000291452"]
    assert ean.numbered("91", [0], "EAN-8") == ["91000002"]
    assert ean.capacity("910") == 10**9


@pytest.mark.parametrize(
    ("prefix", "serial"), [("", 0), ("91x", 0), ("910000000000", 0), ("91000000000", 10), ("910", -1)]
)
def test_numbered_refuses_what_does_not_fit(prefix, serial):
    with pytest.raises(ValueError, match="prefix"):
        ean.numbered(prefix, [serial])


def test_carton_of_an_article():
    assert ean.carton("9100000000015", "1") == "19100000000012"
    with pytest.raises(ValueError, match="indicator"):
        ean.carton("9100000000015", "0")


def test_verdicts_of_good_codes_are_three():
    assert ean.verdict("9100000000008") == ean.verdict("036000291452") == "ok"
    assert ean.verdict("91000002") == ean.verdict("00013703") == "ok EAN-8"
    assert ean.verdict("2000000000008") == "ok but restricted circulation (02/04/2x: in-store)"
