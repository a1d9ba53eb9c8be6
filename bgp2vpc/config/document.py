"""Parses YAML text into plain values with line numbers.

Every scalar stays text as written; the schema interprets it. So a tag's value may be written as a number and a number
as text, as in AWSnycast: `value: 1` and `value: "1"` are the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NoReturn, TypeAlias

import yaml
from yaml.composer import ComposerError
from yaml.error import MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError
from yaml.scanner import ScannerError
from yaml.tokens import TagToken

from bgp2vpc.config.yaml_errors import BARE_TAG, NESTED_IN_TEXT, explained
from bgp2vpc.errors import ConfigError, Problem

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Location: TypeAlias = tuple[str | int, ...]
"""A place in the document: keys and list positions from the top."""

# Far above any real file, but low enough for the file to be read within a few seconds.
MAX_SIZE: Final = 256 * 1024
MAX_DEPTH: Final = 40
MAX_NODES: Final = 100_000

_MOST_REPAIRS: Final = 20

_TAG: Final = "tag:yaml.org,2002:"
_SCALAR_TAGS: Final = {_TAG + name for name in ("str", "int", "float", "bool", "timestamp", "value", "merge")}
_SURROGATES: Final = ("\ud800", "\udfff")
_NULL_TAG: Final = _TAG + "null"
_COLLECTION_TAGS: Final = {_TAG + "map", _TAG + "seq"}
_WITH_VALUE: Final = re.compile(r"(?P<margin> *(?:- +)*)(?P<key>[A-Za-z_]+): +[^\s#'\"\[{|>&*!]")
_KEY: Final = re.compile(r"(?P<margin> *)(?P<key>[A-Za-z_]+):(?: |$)")


@dataclass(frozen=True, slots=True)
class Document:
    """The parsed document. `lines`: the line (from 1) of every location. `problems`: mistakes found in it.

    `repairs`: warnings about invalid YAML that had only one possible meaning and was read so.
    """

    data: dict[str, Value]
    lines: Mapping[Location, int]
    problems: tuple[Problem, ...]
    repairs: tuple[Problem, ...] = ()

    def line(self, location: Location) -> int:
        """The line of `location`, or of its nearest enclosing location that exists."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines[location]


def read_document(text: str, file: str) -> Document:
    """Parse `text`, which must be one YAML document. Raises ConfigError if it is not, or not a mapping."""
    if len(text) > MAX_SIZE:
        raise config_error(file, 1, "yaml", f"larger than {MAX_SIZE // 1024} KiB: surely the wrong file")
    try:
        root, repairs = _compose_repaired(text, file)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = f"U+{ord(text[error.position]):04X}"
        raise config_error(file, line, "yaml", f"the character {character} is not allowed in YAML") from None
    except MarkedYAMLError as error:
        line, message = explained(error, text)
        raise config_error(file, line, "yaml", message) from None
    except (OverflowError, ValueError):  # PyYAML does not check escapes such as \\UFFFFFFFF
        raise config_error(file, 1, "yaml", "holds an escape (\\U…) that is no character") from None
    return replace(_Reader(file).document(root), repairs=repairs)


def config_error(file: str, line: int, key: str, message: str) -> ConfigError:
    """A ConfigError with one problem."""
    return ConfigError(file, (Problem(file, line, key, message),))


class _BoundedLoader(yaml.SafeLoader):
    """A SafeLoader that refuses nesting that would exhaust Python's stack, and a bare `!`, which it would drop."""

    _depth = 0

    def scan_tag(self) -> TagToken:
        """Refuse a bare `!`: YAML reads `run: ! test -e x` as `test -e x`, the opposite of what is meant."""
        token = super().scan_tag()
        if token.value == (None, "!"):
            raise ScannerError(None, None, BARE_TAG, token.start_mark)
        return token

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ComposerError(None, None, f"nested deeper than {MAX_DEPTH} levels", self.get_mark())
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _compose_repaired(text: str, file: str) -> tuple[Node | None, tuple[Problem, ...]]:
    repairs: list[Problem] = []
    while True:
        loader = _BoundedLoader(text)
        try:
            return loader.get_single_node(), tuple(repairs)
        except MarkedYAMLError as error:
            found = _repaired(text, error, file) if len(repairs) < _MOST_REPAIRS else None
            if found is None:
                raise
            text = found[0]
            repairs.append(found[1])
        finally:
            loader.dispose()


def _repaired(text: str, error: MarkedYAMLError, file: str) -> tuple[str, Problem] | None:
    """Move a block that is indented too far to the left; returns the new text and a warning. None for other errors.

        - type: by_tag
              config: …      # no YAML: `type` has a value already, so nothing can stand below it

    The example configuration in AWSnycast's README has this mistake (lines 227 and 228 in its last version of May
    2023), which no YAML parser accepts. With this repair a copy of the example works; it has no other possible meaning.
    """
    mark = error.problem_mark
    if error.problem != NESTED_IN_TEXT or mark is None:
        return None
    lines, wrong = text.split("\n"), mark.line
    key = _KEY.match(lines[wrong]) if wrong < len(lines) else None
    if key is None or key.end("key") != mark.column:  # YAML has more kinds of line ends than "\n"
        return None
    before = [line for line in lines[:wrong] if line.strip() and not line.lstrip().startswith("#")]
    above = _WITH_VALUE.match(before[-1]) if before else None
    if above is None or len(key["margin"]) <= len(above["margin"]):
        return None
    shift = len(key["margin"]) - len(above["margin"])
    for number in range(wrong, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip(" ")) < len(key["margin"]):
            break
        lines[number] = line[shift:]
    told = f"indented too deep for YAML; read as standing beside '{above['key']}'"
    return "\n".join(lines), Problem(file, wrong + 1, key["key"], told)


class _Reader:
    """Converts YAML nodes into values, and records lines and problems."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Location, int] = {}
        self._problems: list[Problem] = []
        self._nodes = 0

    def document(self, root: Node | None) -> Document:
        if root is None:
            self._fail(1, (), "the file is empty; it needs at least 'routetables:'")
        data = self._value(root, ())
        self._lines[()] = _line(root)
        if not isinstance(data, dict):
            self._fail(_line(root), (), f"expected a mapping (KEY: VALUE), got {kind_of(data)}")
        return Document(data, self._lines, tuple(self._problems))

    def _value(self, node: Node, location: Location) -> Value:
        self._spend(node, location)
        is_collection = isinstance(node, MappingNode | SequenceNode)
        if node.tag == _NULL_TAG and not is_collection:
            return None
        if node.tag not in (_COLLECTION_TAGS if is_collection else _SCALAR_TAGS):
            message = (
                f"the YAML tag '{node.tag.replace(_TAG, '!!')}' is not supported; "
                "write the value itself, and a text that begins with '!' in quotes"
            )
            self._report(_line(node), location, message)
        if isinstance(node, SequenceNode):
            items: list[Value] = []
            for position, item in enumerate(node.value):
                self._lines[*location, position] = _line(item)
                items.append(self._value(item, (*location, position)))
            return items
        if not isinstance(node, MappingNode):
            return self._text(node, location)
        values: dict[str, Value] = {}
        for key_node, value_node in self._pairs(node, location):
            key = self._text(key_node, location)
            place = (*location, key)
            # For a block, the line of its key is the most useful.
            self._lines[place] = _line(value_node if isinstance(value_node, ScalarNode) else key_node)
            values[key] = self._value(value_node, place)
        return values

    def _text(self, node: Node, location: Location) -> str:
        text = str(node.value)
        if any(_SURROGATES[0] <= char <= _SURROGATES[1] for char in text):
            self._report(_line(node), location, "holds half a character (\\uD800 to \\uDFFF), which is no text")
            return "".join(char for char in text if not _SURROGATES[0] <= char <= _SURROGATES[1])
        return text

    def _pairs(self, node: MappingNode, location: Location) -> Iterator[tuple[ScalarNode, Node]]:
        """The entries of `node`, then the merged ones (`<<`) whose keys it does not have itself."""
        seen: dict[str, int] = {}
        merged: list[Node] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._report(_line(key), location, "a key must be text; if braces were meant as text, quote them")
            elif key.tag == _TAG + "merge":
                merged.append(value)
            elif key.value in seen:
                place = (*location, str(key.value))
                self._report(_line(key), place, f"given twice; the first is in line {seen[key.value]}")
            else:
                seen[key.value] = _line(key)
                yield key, value
        for key, value in self._merged(merged, location):
            if key.value not in seen:
                seen[key.value] = _line(key)
                yield key, value

    def _merged(self, nodes: list[Node], location: Location, depth: int = 0) -> Iterator[tuple[ScalarNode, Node]]:
        for node in nodes:
            self._spend(node, location)
            if depth > MAX_DEPTH:
                self._fail(_line(node), location, "'<<' merges a mapping into itself")
            if isinstance(node, SequenceNode):
                yield from self._merged(node.value, location, depth + 1)
            elif isinstance(node, MappingNode):
                own = [(k, v) for k, v in node.value if isinstance(k, ScalarNode)]
                yield from ((k, v) for k, v in own if k.tag != _TAG + "merge")
                yield from self._merged([v for k, v in own if k.tag == _TAG + "merge"], location, depth + 1)
            else:
                self._report(_line(node), location, "'<<' must name a mapping (an alias such as *defaults)")

    def _spend(self, node: Node, location: Location) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._fail(_line(node), location[:1], f"aliases make this larger than {MAX_NODES} values")
        if len(location) > MAX_DEPTH:
            self._fail(_line(node), location[:1], "an alias contains itself")

    def _report(self, line: int, location: Location, message: str) -> None:
        self._problems.append(Problem(self._file, line, dotted(location), message))

    def _fail(self, line: int, location: Location, message: str) -> NoReturn:
        self._report(line, location, message)
        raise ConfigError(self._file, tuple(self._problems))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def dotted(location: Location) -> str:
    """A location as text: `routetables.private.accept[0]`. Unusual keys are quoted; the top is `yaml`."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            plain = step.replace("_", "").replace("-", "").isalnum()
            text += ("." if text else "") + (step if plain else f'"{shortened(step)}"')
    return text or "yaml"


def kind_of(value: object) -> str:
    """The kind of a value in words, for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    return "a list" if isinstance(value, list) else "a mapping"


def shortened(text: str, limit: int = 60) -> str:
    """`text` on one line, printable and at most `limit` characters long, for a message."""
    line = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
