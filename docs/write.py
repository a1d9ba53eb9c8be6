"""What the scripts that write documents share."""

from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str], texts: Mapping[Path, Callable[[], str]]) -> int:
    """Write each file; with `--check`, 1 if one is not what would be written."""
    if arguments == ["--check"]:
        return int(any(not file.exists() or file.read_text() != text() for file, text in texts.items()))
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text())
    return 0
