"""The elements of an XML part, one after the other and freed at once: bounded in depth, size, number and silence."""

from collections.abc import Iterator
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, XMLPullParser

CHUNK, LONGEST_TEXT, DEEPEST = 64 * 1024, 2**20, 40
MOST_INSIDE, MOST_OUTSIDE, MOST_NAMES = 20_000, 2_000_000, 2_000


class TooLarge(Exception):
    """Something that does not end where a sheet's cell, row or part should; str() names it."""


def local(tag: str) -> str:
    """The name without its namespace, which differs between the two dialects of the format."""
    return tag.rpartition("}")[2]


def elements(part: IO[bytes], wanted: str) -> Iterator[Element]:
    """Each `wanted` element, whole. It is emptied when the next one is asked for."""
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    open_now: list[Element] = []
    names: set[str] = set()  # the parser keeps each name it has met
    depth_of_wanted, inside, outside, silent = 0, 0, 0, 0
    while chunk := part.read(CHUNK):
        parser.feed(chunk)
        silent += len(chunk)
        for event, element in cast(Iterator[tuple[str, Element]], parser.read_events()):
            silent = 0
            if event == "start":
                open_now.append(element)
                names.add(element.tag)
                names.update(element.keys())
                if depth_of_wanted:
                    inside += 1
                elif local(element.tag) == wanted:
                    depth_of_wanted, inside = len(open_now), 0
                else:
                    outside += 1
            else:
                open_now.pop()
                if len(open_now) == depth_of_wanted - 1:
                    yield element
                    depth_of_wanted = 0
                if not depth_of_wanted and open_now:
                    open_now[-1].clear()
        _check(silent, len(open_now), inside, outside, len(names))
    parser.close()


def _check(silent: int, depth: int, inside: int, outside: int, names: int) -> None:
    if silent > LONGEST_TEXT:
        raise TooLarge("a cell that does not end")
    if inside > MOST_INSIDE or depth > DEEPEST:
        raise TooLarge("a row or cell with too many parts")
    if outside > MOST_OUTSIDE or names > MOST_NAMES:
        raise TooLarge("too much beside the table")
