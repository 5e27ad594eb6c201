"""Types into the table of a screen as a person does, and reads what it shows.

Streamlit draws the table on a canvas; inside it lies a table for screen readers, which is what we read and select by.
Only what is in sight exists in it. Rows are counted from 0 as they lie on the screen, columns named by their heading.
"""

import re

from playwright.sync_api import Locator, Page, expect

ROW_HEIGHT = 35
TAKEN = 150  # ms before Enter: quicker, and the table of a busy browser drops what was typed
EDGE = 3  # pixels from the left side of a cell
TOLD = 400  # ms in which the table says where its cursor is: it waits 200 for more to happen
# How wide the columns are drawn is written nowhere in the page; the component that draws them knows.
WIDTHS = """canvas => {
    let part = canvas[Object.keys(canvas).find(key => key.startsWith('__reactFiber'))]
    while (part && !part.memoizedProps?.columns?.[0]?.width) part = part.return
    return part.memoizedProps.columns.map(column => [column.title, column.width])
}"""


class Grid:
    """The table that the screen calls `name`, or the only one."""

    def __init__(self, page: Page, name: str | None = None):
        self.page = page
        frames = page.locator('[data-testid="stDataFrameResizable"]')
        self.frame = page.get_by_role("region", name=name, exact=True) if name else frames.first
        self.table = self.frame.locator('table[role="grid"]')
        self.frame.locator("th").first.wait_for(state="attached")

    def headings(self) -> list[str]:
        """The columns from left to right, in sight or not."""
        return [title for title, _ in self._widths() if title]

    def count(self) -> int:
        """How many rows the table has, in sight or not."""
        return int(self.table.get_attribute("aria-rowcount") or 1) - 1

    def rows(self) -> list[list[str]]:
        """The texts of the rows in sight, as stored and not as formatted (1.1, not 1.10)."""
        read = "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
        return self.frame.locator("tbody tr").evaluate_all(read)

    def column(self, heading: str) -> list[str]:
        """The texts of one column, of the rows in sight."""
        self._bring_into_sight(None, heading)
        return self.frame.locator(f'tbody td[aria-colindex="{self._place(heading)}"]').all_text_contents()

    def row_of(self, heading: str, text: str) -> int:
        """Where the row lies that has this text in this column."""
        return self.column(heading).index(text)

    def text(self, row: int, heading: str) -> str:
        self._bring_into_sight(row, heading)
        return self._cell(row, heading).text_content() or ""

    def expect(self, row: int, heading: str, text: str) -> None:
        """Wait until the cell shows this text."""
        self._bring_into_sight(row, heading)
        expect(self._cell(row, heading)).to_have_text(text)

    def select(self, row: int, heading: str) -> Locator:
        """Move the cursor to a cell. A table may be deaf to the focus of its cells until somebody clicks into it, and
        always is to a cell that had it last: look, and click at the cell's edge, where no box, link or button lies."""
        self._bring_into_sight(row, heading)
        cell = self._cell(row, heading)
        for _ in range(10):
            cell.evaluate("cell => cell.focus()")
            if self._has_cursor(cell):
                return cell
            self._click(max(0, self._span_of(heading)[0]) + EDGE, self._height_of(row))
        raise AssertionError(f"The cursor does not go to row {row} of {heading!r}.")

    def _has_cursor(self, cell: Locator) -> bool:
        """Whether the cell has it, as soon as the table says so."""
        for _ in range(TOLD // 40):
            self.page.wait_for_timeout(40)
            if cell.get_attribute("aria-selected") == "true":
                return True
        return False

    def type(self, row: int, heading: str, text: str) -> None:
        """Replace what stands in a cell by this text, and press Enter. Dates are typed as 2026-01-31."""
        self.select(row, heading)
        self.page.keyboard.press("Enter")
        field = self.page.locator("#portal input, #portal textarea").first
        field.wait_for()
        if field.get_attribute("type") in ("date", "datetime-local", "time"):
            field.fill(text)
        else:
            self._replace(field, text)
        self.page.wait_for_timeout(TAKEN)
        self.page.keyboard.press("Enter")
        field.wait_for(state="detached")

    def _replace(self, field: Locator, text: str) -> None:
        """Type over what stands in the field of a cell. A field that has just appeared may not listen yet: look, and type again."""
        before = field.input_value()
        for _ in range(20):
            field.focus()
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.insert_text(text) if text else self.page.keyboard.press("Delete")
            if before == text or field.input_value() != before:
                return
            self.page.wait_for_timeout(TAKEN)
        raise AssertionError(f"The cell keeps {before!r}, whatever is typed.")

    def choose(self, row: int, heading: str, option: str) -> None:
        """Pick one of a list's options."""
        self.select(row, heading)
        self.page.keyboard.press("Enter")
        self.page.locator("#portal").get_by_role("option", name=option, exact=True).click()
        self.page.wait_for_timeout(TAKEN)

    def tick(self, row: int, heading: str) -> None:
        """Change a box to ticked, or back."""
        self.select(row, heading)
        self.page.keyboard.press("Space")
        self.page.wait_for_timeout(TAKEN)

    def mark(self, row: int) -> None:
        """Choose a row by the box at its left edge."""
        self._bring_into_sight(row)
        self._click(16, self._height_of(row))

    def press(self, row: int, heading: str) -> None:
        """Press the button, or follow the link, in a cell."""
        self._bring_into_sight(row, heading)
        self._click(self._middle_of(heading), self._height_of(row))

    def sort(self, heading: str) -> None:
        """Press a heading."""
        self._bring_into_sight(0, heading)
        self._click(self._middle_of(heading), ROW_HEIGHT / 2)

    def _click(self, across: float, down: float) -> None:
        """Press the mouse at a point of the canvas, counted from its upper left corner."""
        self.frame.scroll_into_view_if_needed()
        corner = self.frame.bounding_box()
        assert corner, "The table is not in sight."
        self.page.mouse.click(corner["x"] + across, corner["y"] + down)
        self.page.wait_for_timeout(2 * TAKEN)

    def _cell(self, row: int, heading: str) -> Locator:
        return self.frame.locator(f'tr[aria-rowindex="{row + 2}"] td[aria-colindex="{self._place(heading)}"]')

    def _place(self, heading: str) -> int:
        """The column's number: it counts the box at the left edge, which the ids of the cells do not."""
        exact = re.compile(rf"^[↑↓]?\s*{re.escape(heading)}\s*$")
        return int(self.frame.locator("th").filter(has_text=exact).first.get_attribute("aria-colindex") or 0)

    def _bring_into_sight(self, row: int | None, heading: str | None = None) -> None:
        if row is not None:
            drawn = self.frame.locator(f'tr[aria-rowindex="{row + 2}"]')
            if drawn.count() == 0:
                self._scroll("scrollTop", max(0, (row - 3) * ROW_HEIGHT))
                drawn.wait_for(state="attached")
        if heading is not None:
            seen = float(self.frame.locator(".dvn-scroller").evaluate("scroller => scroller.clientWidth"))
            if not 0 < self._middle_of(heading) < seen:
                self._scroll("scrollLeft", self._middle_of(heading) + self._scrolled("scrollLeft") - seen / 2)

    def _scroll(self, way: str, pixels: float) -> None:
        self.frame.locator(".dvn-scroller").evaluate(f"(scroller, to) => {{ scroller.{way} = to }}", pixels)
        self.page.wait_for_timeout(2 * TAKEN)

    def _scrolled(self, way: str) -> float:
        return float(self.frame.locator(".dvn-scroller").evaluate(f"scroller => scroller.{way}"))

    def _widths(self) -> list[tuple[str, float]]:
        drawn = self.frame.locator("canvas").first.evaluate(WIDTHS)
        return [(title.removeprefix("↑ ").removeprefix("↓ "), width) for title, width in drawn]

    def _middle_of(self, heading: str) -> float:
        left, width = self._span_of(heading)
        return left + width / 2

    def _span_of(self, heading: str) -> tuple[float, float]:
        """Where a column begins, as scrolled, and how wide it is."""
        left = -self._scrolled("scrollLeft")
        for title, width in self._widths():
            if title == heading:
                return left, width
            left += width
        raise AssertionError(f"No column {heading!r}; there are {self.headings()}.")

    def _height_of(self, row: int) -> float:
        return ROW_HEIGHT * (row + 1.5) - self._scrolled("scrollTop")
