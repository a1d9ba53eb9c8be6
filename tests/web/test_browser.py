"""The page in a real browser, before real daemons: headless chromium (Debian's package), driven by Playwright."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World
from tests.addresses import HOME, free_port
from tests.integration.site_kit import Site, announcing, rule
from tests.waiting import PATIENCE, eventually
from tests.web.served import TOKEN

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
A = "192.0.2.53/32"
MILLISECONDS = 1000 * PATIENCE
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"

expect.set_options(timeout=MILLISECONDS)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


class Looking:
    """One context of the browser: what its pages asked for, and what went wrong in them."""

    def __init__(self, context: BrowserContext) -> None:
        self.troubles: list[str] = []
        self.hosts: set[str] = set()
        self.page: Page = context.new_page()
        self.page.set_default_timeout(MILLISECONDS)
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        self.page.on("console", self._said)
        self.page.on("dialog", lambda dialog: (self.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _said(self, message) -> None:
        # A refused token and a page that a busy machine has no time for are answers with an error status, which
        # chromium tells the console; the second one names no icon, so chromium looks for one.
        is_expected = any(status in message.text for status in ("401", "503")) or "favicon" in message.location["url"]
        if message.type in ("error", "warning") and not is_expected:
            self.troubles.append(message.text)

    def at(self, url: str) -> Page:
        eventually(lambda: self.page.goto(url).status != 503, "a page")
        return self.page


@pytest.fixture
def look(browser: Browser) -> Iterator:
    opened: list[tuple[BrowserContext, Looking]] = []

    def open_(**options) -> Looking:
        context = browser.new_context(**options)
        opened.append((context, Looking(context)))
        return opened[-1][1]

    yield open_
    for context, looking in opened:
        context.close()
        assert looking.troubles == []
        assert len(looking.hosts) == 1, looking.hosts


class Paged(Site):
    """A site with a page."""

    url = ""

    def serve(self, token_file: Path | None = None, **more) -> "Paged":
        port = free_port()
        self.url = f"http://{HOME}:{port}"
        web = {"listen": f"{HOME}:{port}"} | ({"token_file": str(token_file)} if token_file else {})
        self.configure(web=web, **more)
        self.start()
        self.wait_for_log("web page")
        return self


@pytest.fixture
def pages(cloud: Cloud, world: World, tmp_path: Path) -> Iterator[list[Paged]]:
    made = []
    for number in range(2):
        directory = tmp_path / str(number)
        directory.mkdir()
        made.append(Paged(cloud, world.hosts[number], directory))
    yield made
    for each in made:
        each.stop()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    return file


def row(page: Page, table: str):
    return page.locator("#routes tbody tr", has_text=table)


def test_a_takeover_is_seen_live_and_told_as_a_story(pages: list[Paged], look):
    holder, second = pages
    holder.serve(processes={"dns": announcing(A)})
    holder.wait_for_route(A, holder.host.table)
    second.serve(processes={"dns": announcing(A)})
    table = second.host.table
    page = look().at(second.url)
    expect(page.locator("#live")).to_have_text("live")
    expect(row(page, table)).to_contain_text("yield")
    expect(row(page, table)).to_contain_text(holder.host.instance_id)
    story = look().at(f"{second.url}/prefix/{A}")
    holder.stop()  # which withdraws
    expect(row(page, table)).to_contain_text("keep")
    expect(row(page, table)).to_contain_text("this instance")
    expect(page.locator("#cycles")).to_contain_text("created")
    expect(story.locator("#story li").last).to_be_visible()
    expect(story.locator("#story")).to_contain_text("route created")
    told = story.locator("#story .what").all_inner_texts()
    assert told.index("announced") < told.index("route not written: yield") < told.index("route created")
    story.get_by_role("link", name="bgp2vpc").click()
    expect(story.locator("#routes")).to_contain_text(table)


def test_with_the_token_a_prefix_is_drained_and_without_it_nothing_happens(pages: list[Paged], look, token: Path):
    site = pages[0].serve(token, processes={"dns": announcing(A)}, drain_timeout=3600)
    site.wait_for_route(A)
    looking = look()
    page = looking.at(f"{site.url}/prefix/{A}")
    page.get_by_text("steer this prefix").click()
    form = page.locator("form.steer")
    expect(form.get_by_label("token")).to_have_count(1)
    form.get_by_label("token").fill("wrong-token-of-somebody")
    twice(form, "drain")
    expect(form.locator("output")).to_have_text("the token is wrong or missing")
    assert site.status()["leaving"] == []
    form.get_by_label("token").fill(TOKEN)
    form.get_by_label("reason").fill("kernel update")
    twice(form, "drain")
    expect(form.locator("output")).to_have_text(f"drain: done ({A})")
    expect(page.locator("#prefix_steering")).to_contain_text("draining")
    expect(page.locator("#story")).to_contain_text("kernel update")
    # The token is remembered for the tab, and nowhere else.
    page.reload()
    page.get_by_text("steer this prefix").click()
    expect(form.get_by_label("token")).to_have_value(TOKEN)
    form.get_by_role("button", name="undrain").click()
    expect(form.locator("output")).to_have_text(f"undrain: done ({A})")
    expect(page.locator("#prefix_steering")).to_contain_text("Nothing")
    assert site.status()["leaving"] == []
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0


def twice(form: Locator, label: str) -> None:
    """Press the button, which asks once more, and then press it again."""
    form.get_by_role("button", name=label, exact=True).click()
    expect(form.locator("output")).to_have_text("this moves routes: press once more to do it")
    form.get_by_role("button", name=f"yes, {label}").click()


def test_what_moves_routes_is_not_done_by_one_press_or_a_double_click(pages: list[Paged], look, token: Path):
    site = pages[0].serve(token, processes={"dns": announcing(A)}, drain_timeout=3600)
    site.wait_for_route(A)
    page = look().at(f"{site.url}/prefix/{A}")
    page.get_by_text("steer this prefix").click()
    form = page.locator("form.steer")
    form.get_by_label("token").fill(TOKEN)
    form.get_by_label("reason").press("Enter")  # presses no button
    form.get_by_role("button", name="drain", exact=True).dblclick()
    expect(form.get_by_role("button", name="yes, drain")).to_be_visible()
    form.get_by_role("button", name="take it over now").click()
    expect(form.get_by_role("button", name="yes, take it over now")).to_be_visible()
    expect(form.get_by_role("button", name="drain", exact=True)).to_be_visible()
    form.get_by_label("reason").fill("no")
    expect(form.get_by_role("button", name="take it over now", exact=True)).to_be_visible()
    expect(form.locator("output")).to_be_hidden()
    form.get_by_role("button", name="hold").click()
    expect(form.locator("output")).to_have_text(f"hold: done ({A})")
    assert [row["verb"] for row in site.status()["steering"]] == ["hold"]


def test_a_prefix_is_held_from_the_page_and_released(pages: list[Paged], look, token: Path):
    site = pages[0].serve(token, processes={"dns": announcing(A)})
    site.wait_for_route(A)
    page = look().at(f"{site.url}/prefix/{A}")
    page.get_by_text("steer this prefix").click()
    form = page.locator("form.steer")
    form.get_by_label("token").fill(TOKEN)
    form.get_by_label("for").fill("30m")
    form.get_by_role("button", name="hold").click()
    expect(page.locator("#prefix_steering")).to_contain_text("hold")
    expect(page.locator("#prefix_steering")).to_contain_text("in ")
    form.get_by_label("for").fill("")
    form.get_by_role("button", name="release").click()
    expect(page.locator("#story")).to_contain_text("released")
    expect(page.locator("#prefix_steering")).to_contain_text("Nothing")


def test_without_a_token_file_there_is_nothing_to_steer_with(pages: list[Paged], look):
    site = pages[0].serve()
    page = look().at(site.url)
    expect(page.locator("form")).to_have_count(0)
    expect(page.get_by_text("Steering by HTTP is off")).to_be_visible()


def test_without_javascript_everything_is_there(pages: list[Paged], look, token: Path):
    site = pages[0].serve(token, processes={"dns": announcing(A)})
    site.wait_for_route(A)
    site.wait_for_verdict(site.host.table, A, "keep ours")
    page = look(java_script_enabled=False).at(site.url)
    expect(row(page, site.host.table)).to_contain_text("keep")
    expect(page.locator("#live")).to_be_hidden()
    page.locator("#routes").get_by_role("link", name=A).first.click()
    expect(page.locator("#story")).to_contain_text("route created")
    page.get_by_text("steer this prefix").click()
    form = page.locator("form.steer")
    form.get_by_label("token").fill(TOKEN)
    form.get_by_role("button", name="drain", exact=True).click()
    expect(page.locator(".message")).to_have_text(f"drain {A}: this moves routes.")
    page.get_by_label("token").fill(TOKEN)
    page.get_by_role("button", name="yes, drain").click()
    expect(page.locator(".message")).to_have_text(f"drain: done ({A})")
    page.get_by_role("link", name="back").click()
    expect(page.locator("#prefix_steering")).to_contain_text("drain")


@pytest.mark.parametrize("path", ["", f"/prefix/{A}"])
def test_a_phone_need_not_scroll_sideways(pages: list[Paged], look, token: Path, path: str):
    lines = {"dns": announcing(A), "x" * 90: announcing("192.0.2.54/32")}
    site = pages[0].serve(
        token,
        processes=lines,
        healthchecks={"tcp": {"type": "tcp", "destination": HOME, "every": 0.2, "config": {"port": free_port()}}},
    )
    site.wait_for_route(A)
    eventually(lambda: site.status()["checks"][0]["state"] == "unhealthy", "the check to fail", lambda: site.log)
    page = look(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True).at(f"{site.url}{path}")
    expect(page.locator("#live")).to_have_text("live")
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_on_a_phone_rows_that_are_well_are_folded_away(pages: list[Paged], look):
    down, up = "192.0.2.9/32", A
    site = pages[0].serve(
        processes={"dns": announcing(up)},
        healthchecks={"tcp": {"type": "tcp", "destination": HOME, "every": 0.2, "config": {"port": free_port()}}},
        routetables={"private": rule() | {"manage_routes": [{"cidr": down, "healthcheck": "tcp"}]}},
    )
    site.wait_for_route(up)
    wide = look().at(site.url)
    narrow = look(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True).at(site.url)
    for page in (wide, narrow):
        expect(page.locator("#prefixes")).to_contain_text("served here")
        expect(page.locator("#prefixes tr", has_text=down)).to_be_visible()
    expect(wide.locator("#prefixes tr", has_text=up)).to_be_visible()
    expect(wide.get_by_label("show the rows that are well")).to_be_hidden()
    expect(narrow.locator("#prefixes tr", has_text=up)).to_be_hidden()
    expect(narrow.locator("#prefixes")).to_contain_text("1 row is well.")
    narrow.get_by_label("show the rows that are well").check()
    expect(narrow.locator("#prefixes tr", has_text=up)).to_be_visible()
    expect(row(narrow, site.host.table)).to_be_visible()


def test_in_the_dark_it_is_dark_and_legible_in_both(pages: list[Paged], look):
    site = pages[0].serve(processes={"dns": announcing(A)})
    site.wait_for_route(A)
    for scheme in ("light", "dark"):
        page = look(color_scheme=scheme).at(site.url)
        expect(page.locator("#live")).to_have_text("live")
        ground = page.evaluate(_LUMINANCE, ["body", "backgroundColor"])
        assert (ground < 0.05) == (scheme == "dark")
        for what in ("body", "h2", "#routes .word", "#routes a", ".who time"):
            ink = page.evaluate(_LUMINANCE, [what, "color"])
            contrast = (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)
            assert contrast >= 4.5, (scheme, what, contrast)  # WCAG 2.2, 1.4.3


_LUMINANCE = """([selector, property]) => {
  const parts = getComputedStyle(document.querySelector(selector))[property].match(/[0-9.]+/g).slice(0, 3);
  const [r, g, b] = parts.map(n => n / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""


def test_hostile_text_of_a_script_stays_text(pages: list[Paged], look):
    says = {"run": ["sh", "-c", f"echo '{EVIL}'; echo 'announce route {A} next-hop self'; exec cat >/dev/null"]}
    site = pages[0].serve(processes={EVIL: says})
    site.wait_for_route(A)
    page = look().at(site.url)
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("#sources")).to_contain_text(EVIL)
    expect(page.locator("#log")).to_contain_text("refused")
    assert page.locator("main img, main script").count() == 0


def test_when_the_daemon_goes_the_page_says_so_and_when_it_is_back_it_goes_on(pages: list[Paged], look):
    site = pages[0].serve(processes={"dns": announcing(A)})
    looking = look()
    page = looking.at(site.url)
    expect(page.locator("#live")).to_have_text("live")
    site.stop()
    expect(page.locator("#live")).to_contain_text("no connection")
    site.start()
    expect(page.locator("#live")).to_have_text("live")
    looking.troubles.clear()  # chromium tells the console of each refused connection
