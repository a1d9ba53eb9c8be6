"""Reads the parts of ExaBGP's configuration file that concern helpers: sections, statements, words. Pure.

    process bgp2vpc {
        run /opt/bgp2vpc/bin/bgp2vpc helper -f /etc/bgp2vpc.yaml;
        encoder json;
    }

It is tolerant: `exabgp validate` checks whether the file is correct.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
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

    def below(self, kind: str) -> "Iterator[Section]":
        """All sections of this kind, however deep."""
        for section in self.sections:
            if section.kind == kind:
                yield section
            yield from section.below(kind)


@dataclass(frozen=True, slots=True)
class ProcessStanza:
    """A `process` stanza: its name, what it runs, and its encoder."""

    name: str
    run: tuple[str, ...]
    encoder: str

    @property
    def part(self) -> str:
        """How bgp2vpc runs there: `helper`, `tee`, or not at all (empty)."""
        for number, word in enumerate(self.run):
            if PurePath(word).name == "bgp2vpc" and self.run[number + 1 : number + 2]:
                return self.run[number + 1]
        return ""

    @property
    def file(self) -> str:
        """The configuration that its `-f` names; empty: the default one."""
        for flag in ("-f", "--file"):
            if flag in self.run[:-1]:
                return self.run[self.run.index(flag) + 1]
        return ""


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


def processes(top: Section) -> list[ProcessStanza]:
    """The stanzas, in the order of the file."""
    found = [section for section in top.sections if section.kind == "process" and len(section.words) > 1]
    return [
        ProcessStanza(section.words[1], tuple(_split(" ".join(section.said("run")))), "".join(section.said("encoder")))
        for section in found
    ]


def apis_of(top: Section, process: str) -> list[Section]:
    """The `api` sections that name this process."""
    return [api for api in top.below("api") if process in " ".join(api.said("processes")).strip("[] ").split()]


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
