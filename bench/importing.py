"""Brings a sheet of new products into the library and says what that took: `python -m bench.importing 100000`.

A program of its own, so that its memory is that of the import alone. Writes seconds and MB to standard output as JSON.
"""

import csv
import io
import json
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import company
from db.session import SYSTEM, reading
from lib import commands
from lib.codes import ean
from lib.products import imports
from lib.products.import_rows import Defaults
from lib.tables.products import match_products
from lib.tables.reading import read

COLUMNS = ("SKU", "EAN", "中文名称", "Title", "Category", "Brand", "Source price", "Currency", "Weight (g)", "Tags")
PREFIX = "950"


def sheet(rows: int) -> bytes:
    """A supplier's file; its products are not in the library yet."""
    chance = random.Random(rows)
    text = io.StringIO()
    write = csv.writer(text)
    write.writerow(COLUMNS)
    paths = [category["path"] for category in company.categories()]
    for number, code in enumerate(ean.numbered(PREFIX, range(rows))):
        english, chinese, _ = company.titles(chance)
        price = f"{chance.randrange(100, 90_000) / 100:.2f}"
        write.writerow([f"NEW-{number:07d}", code, chinese, english, chance.choice(paths), chance.choice(company.BRANDS), price, "CNY",
                        chance.randrange(20, 5_000), "new"])  # fmt: skip
    return text.getvalue().encode()


def main(rows: int) -> None:
    content = sheet(rows)
    before = peak()
    spent: dict[str, float] = {}
    table = _timed(spent, "read", lambda: read("goods.csv", content))
    with reading() as session:
        plan = _timed(spent, "compare", lambda: imports.plan(session, table, match_products(table), Defaults()))
    if len(plan.new) != rows:
        raise RuntimeError(f"{plan}, though {rows:,} are new: {plan.refused[:3]}")
    _timed(spent, "write", lambda: commands.perform(SYSTEM, imports.commit, plan))
    json.dump({"bytes": len(content), "seconds": spent, "before": before, "peak": peak()}, sys.stdout)


def _timed(spent: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = work()
    spent[name] = time.perf_counter() - start
    return result


def peak() -> float:
    """MB of memory held at most until now."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage remembers the program that started this one
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main(int(sys.argv[1]))
