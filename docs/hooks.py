"""What mkdocs does not do by itself: the changelog and SECURITY.md become pages, the files to copy one page, and links
that lead out of docs/ (as they have to where the sources are read) lead to these, or are mere names.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
READY = ("examples", "exabgp", "systemd")
LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".tf": "terraform", ".tftpl": "sh"}
PAGES = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "SECURITY.md": "reporting.md"}
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
CODE = re.compile(r"(?<=<code>)[^<]*(?=</code>)")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


def on_files(files: Files, *, config: Any) -> Files:
    """The changelog, SECURITY.md and the ready files, beside what is in docs/."""
    for name in ("CHANGELOG.md", "SECURITY.md"):
        content = re.sub(r"\]\(docs/", "](", (ROOT / name).read_text())
        files.append(File.generated(config, PAGES[name], content=content))
    files.append(File.generated(config, "ready-files.md", content=_ready_files()))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Links out of docs/ to where the same is on the site; a `|` in the code of a table as this dialect has it."""
    lines = LINK.sub(_link, markdown).splitlines()
    return "\n".join(_cell_code(line) if line.startswith("|") else line for line in lines)


def on_page_content(html: str, *, page: Any, **_: Any) -> str:
    """Tables for a phone (assets/tables.css): long names may be broken, and cells know the title of their column."""
    return TABLE.sub(lambda table: _titled(CODE.sub(_breakable, table.group())), html)


def on_post_template(output: str, *, template_name: str, **_: Any) -> str:
    """404.html leads to the root of a server by itself; as the others, it has to find what is beside it."""
    if template_name != "404.html":
        return output
    return re.sub(r'((?:href|src)="|"(?:base|search)": ")/', r"\1./", output)


def _titled(table: str) -> str:
    """Where a row has three cells or more, each but the first gets what stands above it."""
    titles = [re.sub(r"<[^>]*>", "", title) for title in re.findall(r"<th\b[^>]*>(.*?)</th>", table, re.DOTALL)]
    if len(titles) < 3:
        return table

    def row(found: re.Match[str]) -> str:
        place = iter(["", *titles[1:]])
        return re.sub(r"<td\b", lambda _: f'<td data-title="{next(place)}"', found.group())

    return re.sub(r"<tr>.*?</tr>", row, table, flags=re.DOTALL).replace("<table>", "<table data-rows>", 1)


def _breakable(code: re.Match[str]) -> str:
    """Behind punctuation; of an entity such as `&lt;` nothing is broken."""
    return re.sub(r"(::|[/_,=@]|\.(?=[a-z]))(?=\w)", r"\1<wbr>", code.group())


def _link(found: re.Match[str]) -> str:
    words, target = found.groups()
    target = target.removeprefix("../")
    place = target.rstrip("/")
    for file, page in PAGES.items():
        if target.partition("#")[0] == file:
            return f"[{words}]({target.replace(file, page, 1)})"
    if place.partition("/")[0] in READY and (ROOT / place).is_dir():
        return f"[{words}](ready-files.md)"
    if place.startswith(tuple(f"{each}/" for each in READY)):
        return f"[{words}](ready-files.md#{_anchor(place)})"
    if target.startswith(("bgp2vpc/", "man/", "CONTRIBUTING.md")):  # what is not on the site
        return words
    return found.group()


def _cell_code(row: str) -> str:
    return re.sub(r"`[^`]*`", lambda code: code.group().replace("\\|", "|"), row)


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("@", " at "))  # exabgp@.service.d is not exabgp.service.d


def _ready_files() -> str:
    parts = ["# Ready files to copy\n", "All files of `examples/`, `exabgp/` and `systemd/` in the source.\n"]
    for folder in READY:
        for file in sorted(each for each in (ROOT / folder).rglob("*") if each.is_file() and _is_text(each)):
            name = file.relative_to(ROOT).as_posix()
            language = LANGUAGES.get(file.suffix, "text")
            parts.append(f"## `{name}` {{#{_anchor(name)}}}\n")
            parts.append(f"````{language}\n{file.read_text()}````\n")
    return "\n".join(parts)


def _is_text(file: Path) -> bool:
    return file.suffix in (".yaml", ".yml", ".conf", ".json", ".tf", ".tftpl", ".service", ".md", "")
