"""Amounts of money as people write them, exact to the last digit: Decimal, never float."""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

WITHOUT_DECIMALS = set(re.findall(r"\w+", "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"))
WITH_THREE_DECIMALS = set(re.findall(r"\w+", "BHD IQD JOD KWD LYD OMR TND"))
MOST_DECIMALS, MOST_INTEGER_DIGITS = 4, 12

NAMES = {
    "¥": "", "￥": "", "$": "",  # several currencies write themselves so: they name none
    "€": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "₽": "RUB", "฿": "THB", "₫": "VND", "₺": "TRY", "₪": "ILS",
    "元": "CNY", "人民币": "CNY", "圆": "CNY", "RMB": "CNY", "CN¥": "CNY", "JP¥": "JPY", "円": "JPY", "日元": "JPY",
    "US$": "USD", "美元": "USD", "HK$": "HKD", "港元": "HKD", "NT$": "TWD", "C$": "CAD", "CA$": "CAD", "A$": "AUD",
    "S$": "SGD", "R$": "BRL", "MX$": "MXN", "欧元": "EUR", "英镑": "GBP",
}  # fmt: skip
CODES = WITHOUT_DECIMALS | WITH_THREE_DECIMALS
CODES |= set(
    re.findall(r"\w+", "AED ARS AUD BGN BRL CAD CHF CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR KZT MAD MOP MXN")
)
CODES |= set(
    re.findall(r"\w+", "MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD UYU ZAR")
)

FULL_WIDTH = str.maketrans({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xFFE5: "¥"})
SHAPE = re.compile(r"(?P<before>[^\d.,]*?)(?P<number>[\d.,][\d.,' ’]*)(?P<after>\D*)", re.ASCII)
PLAIN = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)
DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}|0,\d+", re.ASCII)
THREE_AFTER_ONE_SIGN = re.compile(r"[1-9]\d{0,2}([,.])\d{3}", re.ASCII)
GROUPED = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<mark>[,. ])\d{3}(?:(?P=mark)\d{3})*)(?:(?!(?P=mark))[.,](?P<decimals>\d+))?", re.ASCII
)


def decimals(currency: str) -> int:
    """How many places the currency itself has: JPY 0, KWD 3, most 2."""
    if currency.upper() in WITHOUT_DECIMALS:
        return 0
    return 3 if currency.upper() in WITH_THREE_DECIMALS else 2


def round_half_up(amount: Decimal, currency: str) -> Decimal:
    """The amount as it can be paid: 2.675 CNY is 2.68, and -2.675 is -2.68."""
    with localcontext(prec=60):
        return amount.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)


def text(amount: Decimal, currency: str) -> str:
    """'128.00 CNY': at least the currency's places, and no place of the amount hidden; `parse` reads it back."""
    places = max(decimals(currency), -int(amount.normalize().as_tuple().exponent))
    return f"{amount:.{places}f} {currency}"


def parse(text: str, currency: str | None = None) -> Decimal:
    """What a person or a sheet means by '1,234.50', '1.234,50', '¥128', '128.00 CNY' or '１２８'.

    One sign before exactly three digits ('1,234', '1.234') can be thousands or decimals, a factor of 1000: refused.
    Accepted, because they can be only one: both signs ('1,234.50'), two groups ('1,234,567'), a leading zero ('0.125'),
    one or two digits after a comma ('12,5'), and a point where `currency` has three decimals (KWD 1.234).
    `currency` is what the amount must be in: another one named in the text is refused.
    ValueError is a sentence for the person who wrote it.
    """
    written, given = f"{text.strip()[:40]!r}", _tidy(text)
    if not given:
        raise ValueError("There is no amount.")
    shape = SHAPE.fullmatch(given)
    named = _named(shape) if shape else None
    if shape is None or named is None:
        raise ValueError(f"{written} is not an amount: write it as 1234.50.")
    if len(named) > 1:
        raise ValueError(f"{written} names two currencies.")
    if currency and named - {currency.upper()}:
        raise ValueError(f"{written} is in {named.pop()}, but must be in {currency}.")
    amount = _number(shape["number"].strip(), written, decimals(currency or "".join(named)))
    return _bounded(-amount if "-" in shape["before"] else amount, written)


def named_currency(text: str) -> str | None:
    """'CNY' for '128.00 CNY' or '128元'; None where none is named ('128', '¥128' may be yuan or yen)."""
    shape = SHAPE.fullmatch(_tidy(text))
    named = _named(shape) if shape else None
    return named.pop() if named and len(named) == 1 else None


def _tidy(text: str) -> str:
    """Of a text that is far too long for an amount, only what shows that it is none."""
    return " ".join(text[:200].translate(FULL_WIDTH).replace("\u2212", "-").split()) + ("…" if len(text) > 200 else "")


def _named(shape: re.Match[str]) -> set[str] | None:
    """The currencies named around the digits; None when another word stands there."""
    words = [word.upper() for word in (shape["before"].replace("-", "", 1).split() + shape["after"].split())]
    names = {NAMES.get(word, word) for word in words} - {""}
    return names if names <= CODES else None


def _number(digits: str, written: str, places: int) -> Decimal:
    digits = re.sub("['’]", " ", digits)
    unsure = THREE_AFTER_ONE_SIGN.fullmatch(digits)
    if unsure and not (unsure[1] == "." and places == 3):
        whole, rest = digits.split(unsure[1])
        raise ValueError(f"{written} can be {whole}{rest} or {whole}.{rest}0: write which of them.")
    if PLAIN.fullmatch(digits):
        return Decimal(digits)
    if DECIMAL_COMMA.fullmatch(digits):
        return Decimal(digits.replace(",", "."))
    grouped = GROUPED.fullmatch(digits)
    if grouped:
        return Decimal(grouped["whole"].replace(grouped["mark"], "") + "." + (grouped["decimals"] or ""))
    raise ValueError(f"{written} is not an amount: write it as 1234.50.")


def _bounded(amount: Decimal, written: str) -> Decimal:
    if abs(amount) >= 10**MOST_INTEGER_DIGITS:
        raise ValueError(
            f"{written} is too large: an amount has at most {MOST_INTEGER_DIGITS} digits before the point."
        )
    with localcontext(prec=300):
        exact = amount.quantize(Decimal(1).scaleb(-MOST_DECIMALS))
        if exact != amount:
            raise ValueError(f"{written} is too exact: an amount has at most {MOST_DECIMALS} decimals.")
    return exact if -int(amount.as_tuple().exponent) > MOST_DECIMALS else amount
