"""A scanner for printed bars: what real decoders read in a picture.

zxing-cpp carries its decoder inside its wheel and so reads everywhere. zbar is a library of the system, which no wheel for Linux
contains: where it is installed, it must read the same.
"""

import zxingcpp

try:
    from pyzbar import pyzbar
except ImportError:  # pyzbar is there, the library that it calls is not
    pyzbar = None

FORMATS = [
    zxingcpp.BarcodeFormat.EAN13,
    zxingcpp.BarcodeFormat.EAN8,
    zxingcpp.BarcodeFormat.UPCA,
    zxingcpp.BarcodeFormat.ITF,
]
FAMILY = {"EAN13": "EAN", "UPCA": "EAN", "ISBN13": "EAN", "EAN8": "EAN-8", "ITF": "ITF", "ITF14": "ITF", "I25": "ITF"}
SYMBOLS = {"EAN-13": "EAN", "ISBN": "EAN", "UPC-A": "EAN", "EAN-8": "EAN-8", "GTIN-14": "ITF"}


def read_by_all(picture):
    """What each decoder on this machine finds in a grey picture: sets of (family of symbols, digits as a GTIN-14)."""
    # Without the look at a smaller copy, in which a bar is one dot wide: it reads 83 as 21 there now and then.
    seen = zxingcpp.read_barcodes(picture, FORMATS, try_downscale=False)
    found = {"zxing": {(FAMILY[one.format.name], one.text.zfill(14)) for one in seen}}
    if pyzbar:
        kinds = [pyzbar.ZBarSymbol[name] for name in ("EAN13", "EAN8", "UPCA", "I25")]
        found["zbar"] = {(FAMILY[one.type], one.data.decode().zfill(14)) for one in pyzbar.decode(picture, kinds)}
    return found


def misread(picture, code, type):
    """What was read instead of this code and nothing else, by decoder; empty when all have read it."""
    wanted = {(SYMBOLS[type], code.zfill(14))}
    return {decoder: seen for decoder, seen in read_by_all(picture).items() if seen != wanted}
