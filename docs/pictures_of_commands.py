"""Takes the pictures of `bgp2vpc status` and `plan` from the demo's stage: `python docs/pictures_of_commands.py`.

A has the routes and B offers the prefix, too: B's status, and B's plan with a file that says `takeover: always`.
Written to docs/pictures/, as SVG that fetches no font from anywhere.
"""

import io
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from bgp2vpc.demo.instance import POLL_TIME, DemoInstance
from bgp2vpc.demo.stage import Stage

TARGET = Path(__file__).parent / "pictures"
FORMAT = re.sub(r"@font-face {{.*?}}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
WIDTH = 110
PATIENCE = 60.0


def main() -> int:
    TARGET.mkdir(exist_ok=True)
    with Stage(lambda: None) as stage:
        a, b = stage.add_instance(), stage.add_instance()
        until(lambda: a.verdicts() is not None and b.verdicts() is not None)
        a.start_service()
        until(lambda: all(stage.route(table) for table in stage.world.tables))
        time.sleep(1.5 * POLL_TIME)  # B has read who has it
        b.start_service()
        until(lambda: set(b.verdicts().values()) == {"yield (owner-healthy)"})
        take(b, "status", f"--socket={b.socket}")
        other = b.config.with_suffix(".other.yaml")
        other.write_text(b.config.read_text().replace("if_unhealthy", "always"))
        take(b, "plan", f"-f{other}")
    return 0


def take(instance: DemoInstance, command: str, where: str) -> None:
    """One picture, of the very output of the command."""
    environment = f". {shlex.quote(str(instance.environment_file))}; exec "
    call = environment + shlex.join([sys.executable, "-m", "bgp2vpc", command, where])
    terminal = {**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(WIDTH)}
    shown = subprocess.run(["sh", "-c", call], check=True, capture_output=True, text=True, env=terminal).stdout
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi(shown))
    title = f"bgp2vpc {command}"
    console.save_svg(str(TARGET / f"{command}.svg"), title=title, code_format=FORMAT, unique_id=command)


def until(condition: Callable[[], bool]) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
