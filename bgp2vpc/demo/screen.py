"""What the demo prints: 80 columns, with colours where somebody looks and without where it is piped."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from bgp2vpc.demo.chronicle import Happening, Kind

WIDTH = 80

_STYLES = {
    Kind.ANNOUNCED: "green",
    Kind.WITHDRAWN: "yellow",
    Kind.STOPPING: "yellow",
    Kind.VERDICT: "blue",
    Kind.WRITE: "cyan",
    Kind.TROUBLE: "red",
}


class Screen:
    """Times are printed in seconds since `began`, and since what caused them."""

    def __init__(self, began: float) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = WIDTH
        self._began = began

    def title(self, text: str) -> None:
        """A chapter begins."""
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def say(self, text: str) -> None:
        """Prose, wrapped."""
        self._console.print(text)

    def quote(self, lines: Iterable[str], style: str = "") -> None:
        """Lines to copy, or to read exactly: indented, never wrapped by us."""
        for line in lines:
            self._console.print(Text(f"  {line}", style=style), soft_wrap=True)

    def cause(self, at: float, who: str, text: str) -> None:
        """What we did, from which the rest follows."""
        self._line(at, "", who, Text(text, style="bold magenta"))

    def happened(self, happening: Happening, cause: float) -> None:
        """What followed."""
        since = f"+{max(happening.at - cause, 0):.3f}"
        self._line(happening.at, since, happening.who, Text(happening.text, style=_STYLES[happening.kind]))

    def ok(self, text: str, tables: Iterable[str]) -> None:
        """It happened as it should have; and this is how the tables look now."""
        self._console.print(Text.assemble(("ok ", "bold green"), text))
        self.quote(tables, "dim")

    def failed(self, text: str) -> None:
        """It did not."""
        self._console.print()
        self._console.print(Text.assemble(("FAILED ", "bold red"), text))

    def _line(self, at: float, since: str, who: str, text: Text) -> None:
        self._console.print(Text.assemble(f"{at - self._began:7.3f} {since:>7} ", (who, "bold"), " ", text))
