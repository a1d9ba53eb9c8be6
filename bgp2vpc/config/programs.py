"""Checks the programs that a file names: text that was meant for a shell, and programs missing on this machine.

Nothing is run by a shell: a text is split into words as in a shell, but shell syntax (`;`, `>`, `$X`) is passed to the
program as it is. ExaBGP and AWSnycast do the same.
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Final

from bgp2vpc.config.document import Document, Location, Value, dotted
from bgp2vpc.config.model import Config, NamedProgram
from bgp2vpc.errors import Problem

_QUOTED: Final = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
_SIGN: Final = re.compile(
    r"&&|\|\||[0-9]*>&[0-9]|&?[0-9]*>>?|<|\||;|`|\$(?:[A-Za-z_]\w*|\{\w*\}?|\()|(?<!\S)~/|(?<!\S)&(?!\S)|^[A-Za-z_]\w*=\S*(?=\s)"
)
_SHELLS: Final = {"sh", "ash", "bash", "dash", "ksh", "zsh", "busybox"}
_LONGEST: Final = 300
"""Maximum length of a text that a message repeats in its corrected form."""

Words = str | list[str]


def programs(document: Document) -> tuple[NamedProgram, ...]:
    """All programs that the file names, in its order, including `healthchecks.dns.config.command` and the like."""
    found = []
    for location, words in _written(document.data, ()):
        split = [words] if isinstance(words, str) else words
        # `command` and `exabgp` are only the name of a program, not a command line.
        if isinstance(words, str) and location[-1] not in ("command", "exabgp"):
            try:
                split = shlex.split(words)
            except ValueError:
                split = []
        found.append(NamedProgram(document.line(location), dotted(location), next(iter(split), "")))
    return tuple(found)


def meant_for_a_shell(document: Document, file: str) -> Iterator[Problem]:
    """A warning for each text or list with syntax that only a shell would interpret."""
    for location, words in _written(document.data, ()):
        if isinstance(words, str):
            found = _SIGN.search(_QUOTED.sub(lambda quoted: "x" * len(quoted[0]), words))
            sign, text = found[0] if found else None, words
        else:
            # In a list, only separate words such as ">" count; syntax within a word is taken as intended.
            is_for_a_shell = PurePath(words[0]).name in _SHELLS
            sign = None if is_for_a_shell else next(filter(_acts, words), None)
            text = " ".join(word if _acts(word) else shlex.quote(word) for word in words)
        if sign is None:
            continue
        script = "…" if len(text) > _LONGEST else text.replace("'", "''")
        form = f"[sh, -c, '{script}']"
        if location[-1] == "command":
            form = f"sh, arguments: [-c, '{script}']"
        message = f"no shell runs this, so '{sign}' is passed on as it stands; for a shell: {location[-1]}: {form}"
        yield Problem(file, document.line(location), dotted(location), message)


def missing_programs(config: Config) -> tuple[Problem, ...]:
    """A problem for each program that this user cannot run on this machine."""
    meant = {(each.line, each.key) for each in config.warnings}
    return tuple(
        Problem(config.file, each.line, each.key, why)
        for each in config.programs
        if (each.line, each.key) not in meant and (why := _why_not(each.name))
    )


def _why_not(name: str) -> str:
    path = Path(name)
    if shutil.which(name) is not None:
        return ""
    if len(words := name.split()) > 1 and not path.exists():
        mend = f"command: {words[0]}, arguments: [{', '.join(words[1:])}]"
        return f"no program '{name}' on this machine; all of this is its name. Write: {mend}"
    if "/" not in name:
        return f"no program '{name}' in PATH on this machine"
    if not path.exists():
        return f"'{name}' does not exist on this machine"
    return f"'{name}' is {'a directory' if path.is_dir() else 'not executable'} on this machine"


def _written(value: Value, location: Location) -> Iterator[tuple[Location, Words]]:
    """The location and words of each program in the document."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _written(item, (*location, number))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("run", "command") or key.startswith("run_") or (location, key) == (("bgp",), "exabgp"):
                # With `arguments`, if they are a separate key.
                arguments = value.get("arguments")
                words = [item, *arguments] if isinstance(item, str) and isinstance(arguments, list) else item
                if words and (texts := _texts(words)):
                    yield (*location, key), texts
                    continue
            if (location[-1:], key) != (("config",), "headers"):
                yield from _written(item, (*location, key))


def _texts(words: Value) -> Words | None:
    if isinstance(words, str):
        return words
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return [word for word in words if isinstance(word, str)]
    return None


def _acts(word: str) -> bool:
    """Whether a shell would interpret this word if it were not quoted."""
    return _SIGN.fullmatch(word) is not None or word.startswith("~/")
