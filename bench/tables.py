"""Measured times as tables that people read: milliseconds at the middle and at the slow end, and how they compare."""

from collections.abc import Iterable, Sequence


def p50(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]


def p95(times: Sequence[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def both(times: Sequence[float]) -> str:
    """Such as 12.3 / 15.0."""
    return f"{short(p50(times))} / {short(p95(times))}"


def short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown, the first column to the left and the others to the right."""
    lines = [f"**{title}**", "", "| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows), ""])
