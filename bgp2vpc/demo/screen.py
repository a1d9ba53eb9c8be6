"""Prints the demo: in colours on a terminal, without them and 80 columns wide in a pipe."""

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
    """Prints events with two times: seconds since `began`, and since their cause."""

    def __init__(self, began: float) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = WIDTH
        self._began = began

    def title(self, text: str) -> None:
        """Print the title of a chapter."""
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def say(self, text: str) -> None:
        """Print prose, wrapped."""
        self._console.print(text)

    def quote(self, lines: Iterable[str], style: str = "") -> None:
        """Print lines indented and unwrapped, so that they can be copied."""
        for line in lines:
            self._console.print(Text(f"  {line}", style=style), soft_wrap=True)

    def cause(self, at: float, who: str, text: str) -> None:
        """Print an action of ours."""
        self._line(at, "", who, Text(text, style="bold magenta"))

    def happened(self, happening: Happening, cause: float) -> None:
        """Print an event, with the seconds since its `cause`."""
        since = f"+{max(happening.at - cause, 0):.3f}"
        self._line(happening.at, since, happening.who, Text(happening.text, style=_STYLES[happening.kind]))

    def ok(self, text: str, tables: Iterable[str]) -> None:
        """Print that a step has succeeded, and the tables."""
        self._console.print(Text.assemble(("ok ", "bold green"), text))
        self.quote(tables, "dim")

    def failed(self, text: str) -> None:
        """Print a failure."""
        self._console.print()
        self._console.print(Text.assemble(("FAILED ", "bold red"), text))

    def _line(self, at: float, since: str, who: str, text: Text) -> None:
        self._console.print(Text.assemble(f"{at - self._began:7.3f} {since:>7} ", (who, "bold"), " ", text))
