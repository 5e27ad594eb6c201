"""Picture files: looked at with care when they come in, kept under the hash of what they show, never changed.

Each picture is two files in the pictures folder: <hash>.jpg, at most 1,600 pixels wide or high, and <hash>.webp, its thumbnail. The
product keeps the name of the thumbnail.
"""

import hashlib
import io
import os
import tempfile
import warnings
from pathlib import Path

from PIL import Image, ImageOps

from lib import settings
from lib.problems import Refused

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
MAIN, THUMBNAIL = 1_600, 96


def keep(content: bytes) -> str:
    """Store a picture and return the name of its thumbnail; the same picture again is the same name. Refuses what is none."""
    image, stem = _sized(content)
    folder = settings.pictures()
    folder.mkdir(parents=True, exist_ok=True)
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    for file, picture, how in ((f"{stem}.jpg", image, {"quality": 90}), (f"{stem}.webp", small, {"quality": 85})):
        if not (folder / file).exists():
            _write(folder / file, picture, how)
    return f"{stem}.webp"


def name_of(content: bytes) -> str:
    """The name that `keep` would give, with nothing stored."""
    return f"{_sized(content)[1]}.webp"


def _sized(content: bytes) -> tuple[Image.Image, str]:
    """The large picture, and the hash of what it shows."""
    image = decoded(content)
    image.thumbnail((MAIN, MAIN), Image.Resampling.LANCZOS)
    return image, hashlib.sha256(f"{image.width} {image.height} ".encode() + image.tobytes()).hexdigest()


def decoded(content: bytes) -> Image.Image:
    """The picture, upright, opaque, in red, green and blue. Refused in a sentence when it is none, too large or broken."""
    if not content:
        raise Refused("This file is empty. Nothing was changed. Choose a JPEG, PNG or WebP picture.")
    if len(content) > MOST_BYTES:
        raise Refused(f"This file is larger than {MOST_BYTES // 1024**2} MB. Nothing was changed. Save it smaller.")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused(
                    f"This picture has {image.width:,} × {image.height:,} pixels; at most {MOST_PIXELS // 10**6} million "
                    "are taken. Nothing was changed. Save it smaller."
                )
            image.load()
            return _opaque(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise Refused("This picture has far too many pixels. Nothing was changed. Save it smaller.") from None
    except (OSError, ValueError, SyntaxError, EOFError, ArithmeticError):
        raise Refused("This is no JPEG, PNG or WebP picture, or it is damaged. Nothing was changed.") from None


def _opaque(image: Image.Image) -> Image.Image:
    """On white, as marketplaces want it."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGB", layer.size, (255, 255, 255))
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _write(file: Path, image: Image.Image, how: dict[str, int]) -> None:
    """Whole or not at all: others may read the folder meanwhile."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as new:
            image.save(new, {".jpg": "JPEG", ".webp": "WEBP"}[file.suffix], **how)
        os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
