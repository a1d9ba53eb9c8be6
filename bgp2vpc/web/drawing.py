"""Small pictures for the page, as inline SVG without styles of their own. Pure."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

TICKS: Final = 60
"""Number of probes shown, which is as many as a check keeps."""
_WIDTH: Final = 4
_HEIGHT: Final = 16
_TICK: Final = {True: ("ok", 4), False: ("failed", 0), None: ("unknown", _HEIGHT - 2)}
"""Result of a probe -> CSS class and upper edge of its tick."""


def ticks(history: Sequence[bool | None]) -> Markup:
    """One tick per probe, the latest at the right. A failed one is taller, an unknown one (None) a short line, so that
    they differ not only in color.
    """
    shown = history[-TICKS:]
    offset = (TICKS - len(shown)) * _WIDTH
    marks = "".join(
        f'<rect class="{kind}" x="{offset + n * _WIDTH}" y="{top}" width="{_WIDTH - 1}" height="{_HEIGHT - top}"/>'
        for n, (kind, top) in enumerate(_TICK[healthy] for healthy in shown)
    )
    counts = [(shown.count(False), "failed"), (shown.count(None), "unknown")]
    bad = ", ".join(f"{count} {what}" for count, what in counts if count)
    label = f"the last {len(shown)} probes: {bad or 'all well'}"
    return _svg("ticks", label, marks)


def sparkline(latencies: Sequence[float]) -> Markup:
    """A line of latencies in seconds, scaled from zero to the largest."""
    shown = latencies[-TICKS:]
    if len(shown) < 2:
        return Markup("")
    most = max(*shown, 1e-6)
    offset = TICKS - len(shown)
    points = " ".join(
        f"{(offset + n) * _WIDTH + 1:.0f},{_HEIGHT - 1 - value / most * (_HEIGHT - 2):.1f}"
        for n, value in enumerate(shown)
    )
    return _svg("spark", f"latency, {1000 * most:.1f} ms at most", f'<polyline points="{points}"/>')


def _svg(kind: str, label: str, content: str) -> Markup:
    size = f'viewBox="0 0 {TICKS * _WIDTH} {_HEIGHT}"'
    # Safe, since it consists only of our own numbers and words.
    return Markup(  # noqa: S704
        f'<svg class="{kind}" {size} preserveAspectRatio="none" role="img" aria-label="{label}">{content}</svg>'
    )
