"""Parses the parts of ExaBGP's configuration file that concern helpers and its own routes. Pure.

    process bgp2vpc {
        run /opt/bgp2vpc/bin/bgp2vpc helper -f /etc/bgp2vpc.yaml;
        encoder json;
    }

ExaBGP's own parser is authoritative (`told_by_exabgp`). If ExaBGP is not installed or refuses the file, `read` parses
the file tolerantly into the same values.
"""

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePath

_TOKEN = re.compile(r"""\s+|\#[^\n]*|(?P<mark>[{};])|(?P<word>(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s{};"'])+|["'])""")


@dataclass(slots=True)
class Section:
    """A section `words { … }`, with its statements as lists of words, and its sections."""

    words: list[str] = field(default_factory=list)
    statements: list[list[str]] = field(default_factory=list)
    sections: "list[Section]" = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The first word."""
        return self.words[0] if self.words else ""

    def said(self, key: str) -> list[str]:
        """The words after `key` in the last statement that begins with it."""
        return next((words[1:] for words in reversed(self.statements) if words[:1] == [key]), [])

    def has(self, *keys: str) -> bool:
        """Whether each of these words is a statement of its own."""
        return all([key] in self.statements for key in keys)


@dataclass(frozen=True, slots=True)
class ProcessStanza:
    """A `process` stanza: its name, its command and its encoder."""

    name: str
    run: tuple[str, ...]
    encoder: str

    @property
    def part(self) -> str:
        """The subcommand of bgp2vpc in the command, such as `helper` or `tee`; empty if it does not run bgp2vpc."""
        return next(iter(_arguments_of_bgp2vpc(self.run)), "")

    @property
    def file(self) -> str:
        """The configuration file of its option `-f`; empty for the default file."""
        for word, following in pairwise([*_arguments_of_bgp2vpc(self.run), ""]):
            if word in ("-f", "--file"):
                return following
            if word.startswith("--file="):
                return word.removeprefix("--file=")
        return ""


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """A route in ExaBGP's configuration. `watchdog`: its watchdog's name; empty if it has none or it is unknown."""

    prefix: str
    watchdog: str = ""


@dataclass(frozen=True, slots=True)
class NeighborStanza:
    """A neighbor. `processes`: those whose announcements it gets. `heard_by`: those that get its updates and state."""

    address: str
    processes: frozenset[str] = frozenset()
    heard_by: frozenset[str] = frozenset()
    routes: tuple[OwnRoute, ...] = ()


@dataclass(frozen=True, slots=True)
class ExabgpConf:
    """A parsed file. `user`: the user of helpers if ExaBGP is started by root."""

    processes: tuple[ProcessStanza, ...] = ()
    neighbors: tuple[NeighborStanza, ...] = ()
    user: str = "nobody"


def told_by_exabgp(answer: str) -> ExabgpConf:
    """Parse the output of `ask_exabgp.py`. Raises ValueError, KeyError or TypeError for anything else."""
    told = json.loads(answer.strip().splitlines()[-1])
    processes = tuple(
        ProcessStanza(name, tuple(map(str, each["run"])), str(each["encoder"]))
        for name, each in told["processes"].items()
    )
    neighbors = tuple(
        NeighborStanza(
            str(each["address"]),
            # As in ExaBGP's `Reactor.peers`.
            frozenset(
                process.name
                for process in processes
                if process.name in each["processes"] or any(re.match(regex, process.name) for regex in each["match"])
            ),
            frozenset.intersection(*map(frozenset, each["hear"])),
            tuple(OwnRoute(str(route["prefix"]), str(route["watchdog"])) for route in each["routes"]),
        )
        for each in told["neighbors"]
    )
    return ExabgpConf(processes, neighbors, str(told["user"]))


def read(text: str) -> ExabgpConf:
    """Parse the text of a file much like ExaBGP, but tolerating mistakes."""
    top = parse(text)
    templates = {
        each.words[1]: each
        for section in top.sections
        if section.kind == "template"
        for each in section.sections
        if len(each.words) > 1
    }
    neighbors = []
    for section in (top, *(each for each in top.sections if each.kind == "group")):
        for each in section.sections:
            if each.kind == "neighbor":
                inherited = [templates[name] for name in each.said("inherit") if name in templates]
                group = [section] if section is not top else []
                neighbors.append(_neighbor(" ".join(each.words[1:]), [each, *inherited, *group]))
    processes = []
    for section in top.sections:
        if section.kind == "process" and len(section.words) > 1:
            command = " ".join(section.said("run"))
            try:
                run = shlex.split(command)
            except ValueError:
                run = command.split()
            processes.append(ProcessStanza(section.words[1], tuple(run), "".join(section.said("encoder"))))
    return ExabgpConf(tuple(processes), tuple(neighbors))


def _neighbor(address: str, parts: Sequence[Section]) -> NeighborStanza:
    apis = [api for part in parts for api in part.sections if api.kind == "api"]
    hearing = [
        api
        for api in apis
        if api.has("neighbor-changes")
        and any(section.has("parsed", "update") for section in api.sections if section.kind == "receive")
    ]
    sections = [each for part in parts for each in part.sections]
    routes = []
    for section in sections:
        if section.kind == "static":
            routes += [*section.statements, *(inner.words for inner in section.sections)]
        elif section.kind == "announce":
            routes += [words for family in section.sections for words in family.statements if words[0] == "unicast"]
    own = []
    for words in routes:
        if len(words) > 1:
            watchdog = words[words.index("watchdog") + 1 :] if "watchdog" in words else []
            own.append(OwnRoute(words[1], next(iter(watchdog), "")))
    return NeighborStanza(address, _named(apis), _named(hearing), tuple(own))


def _named(apis: Iterable[Section]) -> frozenset[str]:
    return frozenset(name for api in apis for name in " ".join(api.said("processes")).strip("[] ").split())


def _arguments_of_bgp2vpc(run: Sequence[str]) -> list[str]:
    """The words after `bgp2vpc` in this command, also in a text within it that is run by a shell."""
    for number, word in enumerate(run):
        if PurePath(word).name == "bgp2vpc" and run[number + 1 : number + 2]:
            return list(run[number + 1 :])
        if len(word.split()) > 1:
            lexer = shlex.shlex(word, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            try:
                inner = list(lexer)
            except ValueError:
                inner = word.split()
            if found := _arguments_of_bgp2vpc(inner):
                return found
    return []


def parse(text: str) -> Section:
    """Parse the file into one section without words. Sections that are not closed end with the file."""
    top = Section()
    open_sections, words = [top], list[str]()
    for found in _TOKEN.finditer(text):
        mark, word = found["mark"], found["word"]
        if word:
            words.append(word)
        elif mark == "{":
            section = Section(words)
            open_sections[-1].sections.append(section)
            open_sections.append(section)
            words = []
        elif mark:
            if words:
                open_sections[-1].statements.append(words)
                words = []
            if mark == "}" and len(open_sections) > 1:
                open_sections.pop()
    return top
