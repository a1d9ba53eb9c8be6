"""The list of files in the docstring of a room's `__init__.py` is complete, and names nothing that is not there."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "bgp2vpc"
COLUMN = re.compile(r"((?:[a-z]\w*/? )*[a-z]\w*/?)  +\S")
"""The names at the beginning of a line, which two spaces part from what is said of them."""


def text_of(room: Path) -> str:
    return ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""


def contents(room: Path) -> set[str]:
    files = {each.stem for each in room.glob("*.py")} - {"__init__", "__main__"}
    return files | {each.parent.name for each in room.glob("*/__init__.py")}


def listed(text: str) -> set[str]:
    columns = (COLUMN.match(line) for line in text.splitlines())
    return {name.removesuffix("/") for column in columns if column for name in column[1].split()}


ROOMS = {
    str(each.parent.relative_to(PACKAGE.parent)): each.parent
    for each in sorted(PACKAGE.rglob("__init__.py"))
    if listed(text_of(each.parent))
}


def test_rooms_have_lists() -> None:
    assert {"bgp2vpc", "bgp2vpc/vpc", "bgp2vpc/config", "bgp2vpc/speaker"} <= ROOMS.keys()


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_the_list_of_a_room_names_each_of_its_files(room: Path) -> None:
    assert contents(room) - set(re.findall(r"\w+", text_of(room))) == set()


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_the_list_of_a_room_names_only_what_is_there(room: Path) -> None:
    assert listed(text_of(room)) - contents(room) == set()
