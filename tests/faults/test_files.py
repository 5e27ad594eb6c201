"""Files that are no table, or one in a strange dress: a sentence, or exactly the rows that are in it."""

import io
import zipfile

import pytest
from sqlalchemy import func, select

from db.models import ChangeSet, Product
from db.session import reading
from lib.commands import perform
from lib.problems import Refused
from lib.products import import_files
from lib.products.import_files import Choice
from lib.tables import writing

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 40


def bomb(name="xl/worksheets/sheet1.xml"):
    """50 MB of zeros in 50 kB, in a file that says it is a workbook."""
    stream = io.BytesIO(writing.xlsx([("A", "x")], ["sku", "title"]))
    with zipfile.ZipFile(stream) as book:
        parts = {part: book.read(part) for part in book.namelist()}
    parts[name] = b"\0" * (50 * 2**20)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for part, content in parts.items():
            made.writestr(part, content)
    return stream.getvalue()


def rows(count):
    return b"sku,title\n" + b"".join(b"%d,x\n" % number for number in range(count))


def compare(name, content):
    with reading() as session:
        return import_files.compare(session, name, content, Choice())[2]


def counted():
    with reading() as session:
        return [session.scalar(select(func.count()).select_from(model)) for model in (Product, ChangeSet)]


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(("name", "make", "sentence"), [
    ("p.csv", lambda: JPEG, "p.csv is a JPEG picture, not a table. Nothing was read: choose a .csv or .xlsx file."),
    ("p.xlsx", lambda: JPEG, "p.xlsx is a JPEG picture, not a table. Nothing was read: choose a .csv or .xlsx file."),
    ("p.csv", lambda: b"", "p.csv is empty. Nothing was read: choose the file that holds your table."),
    ("p.csv", lambda: b"\xef\xbb\xbf", "The file is empty. Nothing was read: choose the file that holds your table."),
    ("p.csv", lambda: b" \r\n\t\n", "p.csv is empty. Nothing was read: choose the file that holds your table."),
    ("p.csv", lambda: b"sku,title\n",
     "The file has the names of columns in line 1 and no rows below. Nothing was read: fill it in."),
    ("p.csv", lambda: b"x" * (21 * 2**20), "p.csv is larger than 20 MB. Nothing was read: split it into several files."),
    ("p.xlsx", bomb, "p.xlsx would unpack to 50 MB, which is too big. Nothing was read: split it or save it as CSV."),
    ("p.csv", bomb, "p.csv would unpack to 50 MB, which is too big. Nothing was read: split it or save it as CSV."),
    ("p.csv", lambda: rows(200_001), "The file has more than 200,000 rows. Nothing was read: split it into several files."),
    ("p.csv", lambda: b"sku,title,Title,title\nA,x,y,z\n",
     "More than one column is called title. Nothing was read: rename or remove one."),
    ("p.csv", lambda: b"sku;title\nA;\"open\nB;x\n",
     "A quote that opens in line 2 is not closed as it should be, so the rows after it run together. "
     "Nothing was read: a quote inside a quoted text must be written twice."),
])  # fmt: skip
def test_what_is_no_table_is_refused(database, acting, name, make, sentence):
    content, before = make(), counted()
    for act in (compare, lambda *file: perform(acting("alice"), import_files.bring_in, *file, Choice(), "mark")):
        with pytest.raises(Refused) as refusal:
            act(name, content)
        assert str(refusal.value) == sentence
    assert counted() == before


TABLE = [("sku", "title", "brand"), ("007", "羊毛被, 保暖", "北欧"), ("=1+1", "椅子", "家居 “家”")]


def dressed(separator, encoding):
    cells = ([f'"{cell}"' if separator in cell else cell for cell in row] for row in TABLE)
    return "\n".join(separator.join(row) for row in cells).encode(encoding)


@pytest.mark.parametrize(("separator", "encoding"), [
    (",", "utf-8"), (";", "utf-8"), ("\t", "utf-16"), (",", "utf-16-le"), (";", "utf-16-be"),
    (",", "gb18030"), (";", "gb18030"), ("|", "utf-8-sig"),
])  # fmt: skip
@pytest.mark.only("sqlite")
def test_the_same_table_in_any_dress(database, acting, separator, encoding):
    content = dressed(separator, encoding)
    perform(acting("alice"), import_files.bring_in, "p.csv", content, Choice(), compare("p.csv", content).mark())
    with reading() as session:
        stored = session.execute(select(Product.sku, Product.title_zh, Product.brand).order_by(Product.id)).all()
    assert [tuple(row) for row in stored] == TABLE[1:]
