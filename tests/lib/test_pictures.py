"""Pictures are looked at with care when they come in, and kept under the hash of what they show."""

import io
import struct
import zlib

import pytest
from PIL import Image

from lib import drawings, settings
from lib.problems import Refused
from lib.products import pictures


def png(width, height, mode="RGB", colour=(200, 30, 30)):
    kept = io.BytesIO()
    Image.new(mode, (width, height), colour).save(kept, "PNG")
    return kept.getvalue()


def test_a_picture_is_kept_large_and_small():
    thumbnail = settings.pictures() / pictures.keep(png(2000, 1000))
    with Image.open(thumbnail) as small, Image.open(thumbnail.with_suffix(".jpg")) as large:
        assert (small.format, small.size, large.format, large.size) == ("WEBP", (96, 48), "JPEG", (1600, 800))


def test_the_same_picture_is_the_same_name_and_another_is_not():
    assert pictures.keep(png(20, 10)) == pictures.keep(png(20, 10))
    assert pictures.keep(png(20, 10)) != pictures.keep(png(10, 20))
    assert len(list(settings.pictures().iterdir())) == 4


def test_it_stands_upright_and_on_white():
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 10)).save(turned, "JPEG", exif=exif)
    assert pictures.decoded(turned.getvalue()).size == (10, 30)
    assert pictures.decoded(png(4, 4, "RGBA", (0, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)


def bomb(width, height):
    """A PNG that says how large it is and has nothing inside."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    data = zlib.compress(b"")
    body = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    return b"\x89PNG\r\n\x1a\n" + chunk + body


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty"),
        (b"not a picture", "This is no JPEG, PNG or WebP picture"),
        (png(400, 400)[:300], "or it is damaged"),
        (bomb(10_000, 5_000), r"10,000 × 5,000 pixels; at most 40 million"),
        (bomb(60_000, 60_000), "far too many pixels"),
        (b"GIF89a" + b"\0" * 20, "This is no JPEG"),
        (b"\0" * (pictures.MOST_BYTES + 1), "larger than 20 MB"),
    ],
)
def test_what_is_no_picture_is_refused_and_not_kept(content, words):
    with pytest.raises(Refused, match=words):
        pictures.keep(content)
    assert not settings.pictures().exists()


@pytest.mark.parametrize("kind", drawings.KINDS)
def test_a_drawing_is_a_picture(kind):
    assert pictures.decoded(drawings.drawing(kind, 3, 1)).size == (400, 400)
