"""Takes the pictures of the page from the demo's stage: `python docs/pictures.py`. Needs chromium (Debian's package).

Two instances, a service on each; the first service dies, the second instance takes the routes over, the first service
comes back. Written to docs/pictures/.
"""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from playwright.sync_api import Browser, sync_playwright

from bgp2vpc.demo.instance import LOOPBACK, PREFIX, DemoInstance
from bgp2vpc.demo.stage import NAMES, Stage

TARGET = Path(__file__).parent / "pictures"
CHROMIUM = shutil.which("chromium")
# Nothing is asked of anybody: no update, no sync.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LARGEST = 150_000
TOKEN = "0123456789abcdef"  # noqa: S105  # of two daemons that live for a minute
PATIENCE = 60.0


class PagedStage(Stage):
    """The demo's, with a page and a health check for each instance."""

    def add_instance(self) -> DemoInstance:
        """The next one."""
        number = len(self.instances)
        host = self.world.hosts[number]
        instance = DemoInstance(NAMES[number], host, self.directory, self.cloud.environment(host.instance_id), web=True)
        settings = yaml.safe_load(instance.config.read_text())
        token = self.directory / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        settings["web"]["token_file"] = str(token)
        settings["healthchecks"] = {
            "http": {"type": "http", "destination": LOOPBACK, "every": 0.25, "config": {"port": instance.port}},
            "port": {"type": "tcp", "destination": LOOPBACK, "every": 0.5, "config": {"port": instance.port}},
        }
        run = settings["processes"]["dns"]["run"]
        run[run.index("--cmd") + 1] += " >/dev/null 2>&1"  # its tracebacks would tell where Python lies
        instance.config.write_text(yaml.safe_dump(settings, sort_keys=False, width=1000))
        self.instances.append(instance)
        instance.start_daemon()
        return instance


def main() -> int:
    if CHROMIUM is None:
        print("chromium is not installed: apt-get install chromium", file=sys.stderr)
        return 2
    TARGET.mkdir(exist_ok=True)
    with PagedStage(lambda: None) as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        a, b = stage.add_instance(), stage.add_instance()
        until(lambda: all(each.verdicts() is not None and _answers(each) for each in (a, b)))
        a.start_service()
        until(lambda: _holds(stage, a))
        time.sleep(3)  # B reads who has it
        b.start_service()
        time.sleep(8)
        a.kill_service()
        until(lambda: _holds(stage, b))
        time.sleep(3)
        a.start_service()
        time.sleep(6)
        take(browser, b.page, "page", width=1080, height=860)
        take(browser, f"{b.page}prefix/{PREFIX}#story", "story", width=1000, height=640, dark=True)
        take(browser, a.page, "phone", width=390, height=844, dark=True)
        browser.close()
    large = [each.name for each in TARGET.glob("*.png") if each.stat().st_size > LARGEST]
    if large:
        print(f"larger than {LARGEST} bytes: {', '.join(large)}", file=sys.stderr)
    return int(bool(large))


def take(browser: Browser, url: str, name: str, *, width: int, height: int, dark: bool = False) -> None:
    """One picture."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("#live:not([hidden])")
    page.wait_for_timeout(1500)
    page.screenshot(path=TARGET / f"{name}.png")
    context.close()


def until(condition: Callable[[], bool]) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


def _answers(instance: DemoInstance) -> bool:
    return instance.socket.exists() and "web page" in instance.log_file.read_text()


def _holds(stage: Stage, instance: DemoInstance) -> bool:
    wanted = (instance.host.interface_id, "active")
    return all(stage.route(table) == wanted for table in stage.world.tables)


if __name__ == "__main__":
    sys.exit(main())
