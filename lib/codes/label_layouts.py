"""The sheets and rolls that labels are bought on. All measures are millimetres, from the top left corner of the page."""

from dataclasses import dataclass

SHEET_DOT, ROLL_DOT = 25.4 / 600, 0.125
"""The dots of the printer that one expects: 600 an inch for sheets, 203 an inch for rolls."""

A4, LETTER = (210.0, 297.0), (215.9, 279.4)


@dataclass(frozen=True)
class Layout:
    """One kind of sheet. A roll is a page with a single label."""

    key: str
    name: str
    page: tuple[float, float]
    columns: int
    rows: int
    width: float
    height: float
    margin: tuple[float, float]
    """What is left free on the left and on the top of the page."""
    step: tuple[float, float]
    """From one label to the next, to the right and downwards."""
    padding: tuple[float, float] = (1.5, 1.2)
    """What stays white in each label on its sides, and above and below. More where the label ends with the sheet."""
    dot: float = SHEET_DOT

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    def corner(self, place: int) -> tuple[float, float]:
        """Where the label at this place of its page begins, counted from 0 and row by row."""
        row, column = divmod(place, self.columns)
        return self.margin[0] + column * self.step[0], self.margin[1] + row * self.step[1]


def _sheet(
    key: str, name: str, page: tuple[float, float], grid: tuple[int, int], size: tuple[float, float],
    gap: tuple[float, float] = (0, 0), padding: tuple[float, float] = (1.5, 1.2),
) -> Layout:  # fmt: skip
    """A grid in the middle of its page: that is how they are all cut."""
    step = size[0] + gap[0], size[1] + gap[1]
    margin = [(page[n] - grid[n] * step[n] + gap[n]) / 2 for n in (0, 1)]
    return Layout(key, name, page, *grid, *size, (margin[0], margin[1]), step, padding)


def _roll(width: float, height: float) -> Layout:
    size = width, height
    name = f"Roll, {width:g} × {height:g} mm"
    return Layout(f"roll_{width:g}x{height:g}", name, size, 1, 1, *size, (0, 0), size, (2, 1.5), ROLL_DOT)


LAYOUTS = {
    layout.key: layout
    for layout in (
        _sheet("a4_3x8", "A4, 24 labels, 70 × 37 mm", A4, (3, 8), (70, 37), padding=(5, 4)),
        _sheet("a4_3x8_gaps", "A4, 24 labels, 63.5 × 33.9 mm", A4, (3, 8), (63.5, 33.9), (2.5, 0), (2.5, 2)),
        _sheet("a4_3x7", "A4, 21 labels, 63.5 × 38.1 mm", A4, (3, 7), (63.5, 38.1), (2.5, 0), (2.5, 2)),
        _sheet("a4_4x10", "A4, 40 labels, 52.5 × 29.7 mm", A4, (4, 10), (52.5, 29.7), padding=(4.5, 4.2)),
        _sheet("a4_4x11", "A4, 44 labels, 48.5 × 25.4 mm", A4, (4, 11), (48.5, 25.4)),
        _sheet("a4_5x13", "A4, 65 labels, 38.1 × 21.2 mm", A4, (5, 13), (38.1, 21.2), (2.5, 0)),
        _sheet("a4_2x4", "A4, 8 labels for cartons, 105 × 74 mm", A4, (2, 4), (105, 74), padding=(5, 5)),
        _sheet("letter_3x10", "Letter, 30 labels, 66.7 × 25.4 mm", LETTER, (3, 10), (66.675, 25.4), (3.175, 0)),
        _sheet("letter_2x5", "Letter, 10 labels, 101.6 × 50.8 mm", LETTER, (2, 5), (101.6, 50.8), (4.7625, 0), (3, 3)),
        _roll(50, 30),
        _roll(60, 40),
    )
}
