"""The site builds, asks nobody for anything, and what of it is made of the source is up to date."""

import ast
import logging
import re
import shutil
import subprocess
import sys
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

from bgp2vpc import status
from bgp2vpc.policy.plan import Reason, Verdict, VerdictKind
from bgp2vpc.prefix import parse_prefix
from bgp2vpc.reconcile.journal import Journal

ROOT = Path(__file__).parents[2]
GENERATORS = sorted((ROOT / "docs").glob("generate*.py"))
PAGES = sorted((ROOT / "docs" / "man").glob("*.[1-9]"))
needs_mkdocs = pytest.mark.skipif(find_spec("material") is None, reason="needs mkdocs-material: pip install '.[docs]'")


@pytest.mark.io
@pytest.mark.parametrize("script", GENERATORS, ids=lambda script: script.name)
def test_what_is_made_of_the_source_is_up_to_date(script):
    result = subprocess.run([sys.executable, str(script), "--check"], check=False)
    assert result.returncode == 0, "run `make generate` and commit what it changes"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    result = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return target


class Fetched(HTMLParser):
    """What a browser would fetch for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "link" and values.get("rel") != "canonical":
            self.urls.append(values.get("href") or "")
        self.urls.append(values.get("src") or "")


@pytest.mark.io
@needs_mkdocs
def test_the_site_builds_without_a_broken_link(site):
    assert {"index.html", "tutorial.html", "events.html", "ready-files.html"} <= {each.name for each in site.iterdir()}


@pytest.mark.io
@needs_mkdocs
def test_no_page_of_the_site_fetches_anything_from_elsewhere(site):
    for page in site.rglob("*.html"):
        fetched = Fetched()
        fetched.feed(page.read_text())
        assert [url for url in fetched.urls if re.match(r"(https?:)?//", url)] == [], page
    styles = {each: each.read_text() for kind in ("css", "svg") for each in site.rglob(f"*.{kind}")}
    assert [file for file, style in styles.items() if re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style)] == []


@pytest.mark.io
@needs_mkdocs
def test_each_page_of_the_site_works_from_a_directory(site):
    """Also that for a page which is not found: it is read without a server, or below any address of one."""
    pages = {
        page.name: re.findall(r'(?:(?:href|src)=|"(?:base|search)": )"([^"#]*)', page.read_text())
        for page in site.glob("*.html")
    }
    assert "./assets/tables.css" in pages["404.html"]
    wrong = {
        (page, target)
        for page, targets in pages.items()
        for target in targets
        if target and not re.match(r"\w+:", target) and (target.startswith("/") or not (site / target).exists())
    }
    assert wrong == set()


@pytest.mark.io
@needs_mkdocs
def test_no_list_or_table_of_the_site_is_shown_as_it_is_written(site):
    """As happens without an empty line before it, where a forge shows a list all the same."""
    for page in site.glob("*.html"):
        texts = re.findall(r"<(p|li)>((?:(?!</\1>|<p>|<pre|<[uo]l|<li).)*)", page.read_text(), re.DOTALL)
        assert [text for _, text in texts if re.search(r"\n\s*([-*] |\d+\. |\||```)", text)] == [], page


@pytest.mark.io
@needs_mkdocs
def test_every_ready_file_is_on_the_site(site):
    text = (site / "ready-files.html").read_text()
    files = [each for folder in ("examples", "exabgp", "systemd") for each in (ROOT / folder).rglob("*.[cys]*")]
    assert {each.suffix for each in files} >= {".yaml", ".conf", ".service"}
    assert [each for each in files if str(each.relative_to(ROOT)) not in text] == []


@pytest.mark.io
@needs_mkdocs
def test_what_a_key_means_comes_first_and_each_cell_knows_its_column(site):
    """A phone shows a row below itself (docs/assets/tables.css)."""
    rows = (site / "configuration.html").read_text().split("<tr>")
    (row,) = (each for each in rows if "<code>poll_<wbr>time</code></td>" in each)
    assert re.findall(r'<td data-title="(.*?)">', row) == ["", "meaning", "type", "default", "example"]
    assert "@media" in (site / "assets" / "tables.css").read_text()


def test_every_command_has_a_manual_page():
    text = (ROOT / "docs" / "commands.md").read_text()
    names = set(re.findall(r"^## `bgp2vpc ([a-z-]+)`$", text, re.MULTILINE))
    assert len(names) > 10
    assert {f"bgp2vpc-{name}.1" for name in names} | {"bgp2vpc.1", "bgp2vpc.yaml.5"} == {page.name for page in PAGES}


@pytest.mark.io
@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_manual_page_is_valid(page):
    command = ["groff", "-man", "-ww", "-z", "-Tutf8", str(page)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert result.stderr == ""


def test_every_event_of_the_source_is_on_its_page():
    """Apart from how the page is made: each text that is a plain constant."""
    page = (ROOT / "docs" / "events.md").read_text()
    words = {
        call.args[2].value
        for file in (ROOT / "bgp2vpc").rglob("*.py")
        if "demo" not in file.parts
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "event"
        if isinstance(call.args[2], ast.Constant)
    }
    assert len(words) > 30
    assert [each for each in sorted(words) if f"| {each} |" not in page] == []


@pytest.mark.parametrize("kind", [VerdictKind.BLOCKED, VerdictKind.FOREIGN, VerdictKind.YIELD])
def test_what_is_not_written_has_the_level_that_it_is_logged_with(kind, caplog):
    page = (ROOT / "docs" / "events.md").read_text()
    prefix = parse_prefix("192.0.2.53/32")
    with caplog.at_level(logging.DEBUG, "bgp2vpc"):
        Journal().verdicts({}, {("rtb-1", prefix): Verdict("rtb-1", prefix, kind, Reason.HELD)})
    (record,) = caplog.records
    assert f"\n| {record.getMessage()} | {record.levelname.lower()} |" in page


def test_every_key_of_the_status_is_explained():
    kinds = [kind for kind in vars(status).values() if isinstance(kind, type) and is_dataclass(kind)]
    keys = {key.name for kind in kinds for key in fields(kind)}
    rows = re.findall(r"^\| (.*?) \|$", (ROOT / "docs" / "status-json.md").read_text(), re.MULTILINE)
    told = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert {"schema", "routes", "last_line", "unknown_since"} <= keys
    assert keys - told == set()
