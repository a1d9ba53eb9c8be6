"""Reads the parts of ExaBGP's configuration file that concern helpers and routes of its own. Pure.

    process bgp2vpc {
        run /opt/bgp2vpc/bin/bgp2vpc helper -f /etc/bgp2vpc.yaml;
        encoder json;
    }

What counts is what ExaBGP makes of it (`told_by_exabgp`). Where no ExaBGP is installed, or it refuses the file, `read`
makes the same of it, tolerantly: sections, statements, words.
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
    """`words { … }`: its statements, as lists of words, and its sections."""

    words: list[str] = field(default_factory=list)
    statements: list[list[str]] = field(default_factory=list)
    sections: "list[Section]" = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The first word."""
        return self.words[0] if self.words else ""

    def said(self, key: str) -> list[str]:
        """The words behind `key`, in the last statement that begins with it."""
        return next((words[1:] for words in reversed(self.statements) if words[:1] == [key]), [])

    def has(self, *keys: str) -> bool:
        """Whether each of these is a statement by itself."""
        return all([key] in self.statements for key in keys)


@dataclass(frozen=True, slots=True)
class ProcessStanza:
    """A `process` stanza: its name, what it runs, and its encoder."""

    name: str
    run: tuple[str, ...]
    encoder: str

    @property
    def part(self) -> str:
        """How bgp2vpc runs there: `helper`, `tee`, or not at all (empty)."""
        return next(iter(_arguments_of_bgp2vpc(self.run)), "")

    @property
    def file(self) -> str:
        """The configuration that its `-f` names; empty: the default one."""
        for word, following in pairwise([*_arguments_of_bgp2vpc(self.run), ""]):
            if word in ("-f", "--file"):
                return following
            if word.startswith("--file="):
                return word.removeprefix("--file=")
        return ""


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """A route of ExaBGP's own configuration. `watchdog`: the name that switches it, if it has one and it is known."""

    prefix: str
    watchdog: str = ""


@dataclass(frozen=True, slots=True)
class NeighborStanza:
    """A neighbor: the processes whose announcements it gets, and those that hear its updates and its end."""

    address: str
    processes: frozenset[str] = frozenset()
    heard_by: frozenset[str] = frozenset()
    routes: tuple[OwnRoute, ...] = ()


@dataclass(frozen=True, slots=True)
class ExabgpConf:
    """What a file comes to. `user`: as whom a helper of an ExaBGP that is started by root runs."""

    processes: tuple[ProcessStanza, ...] = ()
    neighbors: tuple[NeighborStanza, ...] = ()
    user: str = "nobody"


def told_by_exabgp(answer: str) -> ExabgpConf:
    """From what `ask_exabgp.py` prints. Raises ValueError, KeyError or TypeError for anything else."""
    told = json.loads(answer.strip().splitlines()[-1])
    processes = tuple(
        ProcessStanza(name, tuple(map(str, each["run"])), str(each["encoder"]))
        for name, each in told["processes"].items()
    )
    neighbors = tuple(
        NeighborStanza(
            str(each["address"]),
            # As `Reactor.peers` has it.
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
    """By ourselves, for where ExaBGP cannot be asked: nearly as it reads the file, and whatever is wrong with it."""
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
    """What stands behind `bgp2vpc` in this command, or in a text in it that a shell runs."""
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
    """The whole file as one section without words. Sections that are open at the end are closed there."""
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
