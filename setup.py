"""What pyproject.toml cannot say: the authors, the description that an index shows, and the files under share/.

The authors have an address in the metadata if whoever publishes gives one, in $BGP2VPC_EMAIL: a made-up one would lose
what people write to it.

An index has no place for links that are relative to a repository. With $BGP2VPC_REPOSITORY, the address of the
repository (`https://HOST/OWNER/bgp2vpc`), they become links to this version's files in it, and the metadata names it;
without it a link keeps its words, and a picture is replaced by its description.
"""

import os
import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
AUTHORS, EMAIL = "The bgp2vpc authors", os.environ.get("BGP2VPC_EMAIL", "")
REPOSITORY = os.environ.get("BGP2VPC_REPOSITORY", "").rstrip("/")
DOCUMENTS = "share/doc/bgp2vpc"
LINK = re.compile(r"(?P<picture>!?)\[(?P<words>(?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)(?P<target>[^)\s]+)\)")


def description(readme: str, version: str) -> str:
    """The README for an index."""

    def link(found: re.Match[str]) -> str:
        if not REPOSITORY:
            return found["words"]
        # A forge shows a page around a file; a picture has to be the file itself.
        kind = "raw" if found["picture"] else "blob"
        return f"{found['picture']}[{found['words']}]({REPOSITORY}/{kind}/v{version}/{found['target']})"

    return LINK.sub(link, readme)


def share() -> dict[str, list[str]]:
    """Where under the prefix each file goes that is no code."""
    placed = {
        DOCUMENTS: _files("CHANGELOG.md"),  # the README is the description; here its links would lead nowhere
        "share/man/man1": _files("docs/man/*.1"),
        "share/man/man5": _files("docs/man/*.5"),
        "share/bash-completion/completions": _files("packaging/completions/bash-completion/*"),
        "share/zsh/site-functions": _files("packaging/completions/zsh/*"),
        "share/fish/vendor_completions.d": _files("packaging/completions/fish/*"),
    }
    for tree, under in (
        ("examples", f"{DOCUMENTS}/examples"),
        ("exabgp", f"{DOCUMENTS}/examples/exabgp"),
        ("systemd", "share/bgp2vpc/systemd"),
    ):
        for file in _files(f"{tree}/**/*"):
            folder = Path(file).parent.relative_to(tree)
            placed.setdefault((Path(under) / folder).as_posix(), []).append(file)
    return {folder: files for folder, files in placed.items() if files}


def _files(pattern: str) -> list[str]:
    return sorted(path.relative_to(HERE).as_posix() for path in HERE.glob(pattern) if path.is_file())


version = re.findall(r'^__version__ = "(.*)"', (HERE / "bgp2vpc/__init__.py").read_text("utf-8"), re.MULTILINE)[0]
pages = {"Homepage": "", "Documentation": f"/tree/v{version}/docs", "Changelog": f"/blob/v{version}/CHANGELOG.md"}
setup(
    author=AUTHORS,
    author_email=f"{AUTHORS} <{EMAIL}>" if EMAIL else None,
    long_description=description((HERE / "README.md").read_text("utf-8"), version),
    long_description_content_type="text/markdown",
    project_urls={name: f"{REPOSITORY}{page}" for name, page in pages.items()} if REPOSITORY else {},
    data_files=sorted(share().items()),
)
