"""Drawn pictures for the goods of a first start: a simple pictogram on the colour of its category."""

import colorsys
import io
from collections.abc import Callable

from PIL import Image, ImageDraw

SIZE = 800
Pen = ImageDraw.ImageDraw
PAPER = (255, 253, 248)


def drawing(kind: str, colour: int, number: int = 0) -> bytes:
    """A PNG of the pictogram. `colour` picks the hue of the ground, `number` shifts its shade a little."""
    canvas = Image.new("RGB", (SIZE, SIZE), _shade(colour, number, 0.93))
    pen = ImageDraw.Draw(canvas)
    pen.ellipse((90, 90, 710, 710), fill=_shade(colour, number, 0.82))
    pen.ellipse((190, 640, 610, 700), fill=_shade(colour, number, 0.72))
    KINDS[kind](pen, _shade(colour, number, 0.5), _shade(colour, number, 0.38))
    kept = io.BytesIO()
    canvas.resize((SIZE // 2, SIZE // 2), Image.Resampling.LANCZOS).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _shade(colour: int, number: int, lightness: float) -> tuple[int, int, int]:
    hue = (colour * 0.137 + (number % 5) * 0.012) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.46)
    return round(red * 255), round(green * 255), round(blue * 255)


Colour = tuple[int, int, int]


def _mug(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.ellipse((500, 330, 680, 540), outline=edge, width=36)
    pen.rounded_rectangle((220, 260, 560, 660), 50, fill=body)
    pen.ellipse((220, 230, 560, 310), fill=edge)
    pen.rectangle((270, 360, 300, 570), fill=PAPER)


def _board(pen: Pen, body: Colour, edge: Colour) -> None:
    for step, shade in ((90, edge), (0, body)):
        pen.rounded_rectangle((200 + step, 200 + step, 520 + step, 560 + step), 40, fill=shade)
    pen.ellipse((330, 225, 390, 285), fill=PAPER)


def _bowl(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.pieslice((180, 160, 620, 660), 0, 180, fill=body)
    pen.ellipse((180, 370, 620, 450), fill=edge)
    pen.rounded_rectangle((330, 630, 470, 670), 16, fill=edge)


def _box(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.rounded_rectangle((190, 340, 610, 650), 46, fill=body)
    pen.rounded_rectangle((170, 280, 630, 370), 40, fill=edge)
    pen.rounded_rectangle((350, 350, 450, 420), 16, fill=PAPER)


def _pillow(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.rounded_rectangle((170, 420, 630, 640), 90, fill=edge)
    pen.rounded_rectangle((190, 260, 610, 480), 90, fill=body)
    pen.arc((240, 300, 400, 440), 180, 270, fill=PAPER, width=12)


def _lamp(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.polygon([(300, 200), (500, 200), (600, 430), (200, 430)], fill=body)
    pen.polygon([(240, 430), (560, 430), (660, 640), (140, 640)], fill=(255, 244, 204))
    pen.rectangle((384, 430, 416, 640), fill=edge)
    pen.rounded_rectangle((290, 630, 510, 670), 20, fill=edge)


def _sun(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.ellipse((230, 210, 570, 550), fill=(245, 158, 66))
    pen.rectangle((210, 470, 590, 560), fill=body)
    pen.rounded_rectangle((330, 560, 470, 670), 20, fill=edge)


def _plug(pen: Pen, body: Colour, edge: Colour) -> None:
    for left in (310, 450):
        pen.rounded_rectangle((left, 190, left + 40, 330), 12, fill=edge)
    pen.rounded_rectangle((240, 310, 560, 590), 60, fill=body)
    pen.polygon([(420, 350), (330, 470), (395, 470), (375, 550), (470, 430), (405, 430)], fill=PAPER)
    pen.rectangle((382, 590, 418, 670), fill=edge)


def _phone(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.rounded_rectangle((270, 160, 530, 660), 46, fill=edge)
    pen.rounded_rectangle((292, 200, 508, 610), 18, fill=body)
    pen.ellipse((380, 622, 420, 650), fill=PAPER)
    pen.ellipse((330, 330, 470, 470), outline=PAPER, width=20)


def _headphones(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.arc((200, 200, 600, 640), 180, 360, fill=edge, width=44)
    for left in (180, 500):
        pen.rounded_rectangle((left, 410, left + 120, 640), 50, fill=body)


def _speaker(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.rounded_rectangle((250, 170, 550, 670), 60, fill=body)
    for top, size in ((230, 110), (370, 230)):
        pen.ellipse((400 - size // 2, top, 400 + size // 2, top + size), fill=edge)
        pen.ellipse((400 - size // 6, top + size // 3, 400 + size // 6, top + size * 2 // 3), fill=PAPER)


def _shirt(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.polygon([(290, 210), (130, 340), (210, 440), (280, 390), (280, 660), (520, 660), (520, 390), (590, 440),
                 (670, 340), (510, 210)], fill=body)  # fmt: skip
    pen.pieslice((320, 140, 480, 290), 0, 180, fill=edge)


def _tent(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.polygon([(400, 190), (120, 650), (680, 650)], fill=body)
    pen.polygon([(400, 320), (290, 650), (510, 650)], fill=edge)
    pen.polygon([(400, 320), (400, 650), (330, 650)], fill=PAPER)


def _bottle(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.rounded_rectangle((350, 150, 450, 260), 20, fill=edge)
    pen.rounded_rectangle((280, 230, 520, 670), 70, fill=body)
    pen.rectangle((280, 400, 520, 540), fill=PAPER)


def _blocks(pen: Pen, body: Colour, edge: Colour) -> None:
    pen.rounded_rectangle((200, 440, 400, 650), 18, fill=body)
    pen.rounded_rectangle((412, 440, 612, 650), 18, fill=edge)
    pen.polygon([(400, 210), (280, 428), (520, 428)], fill=(236, 104, 92))


KINDS: dict[str, Callable[[Pen, Colour, Colour], None]] = {
    "mug": _mug, "board": _board, "bowl": _bowl, "box": _box, "pillow": _pillow, "lamp": _lamp, "sun": _sun, "plug": _plug,
    "phone": _phone, "headphones": _headphones, "speaker": _speaker, "shirt": _shirt, "tent": _tent, "bottle": _bottle,
    "blocks": _blocks,
}  # fmt: skip
