"""The documents say what is true: generated ones are up to date, and what is there to copy works."""

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bgp2vpc.cli.main import COMMANDS, command_line
from bgp2vpc.config.load import parse
from bgp2vpc.iam.least import least_policy
from bgp2vpc.iam.tables import AccountScope
from bgp2vpc.policy.plan import Reason, VerdictKind

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


YAML_BLOCKS = [
    pytest.param(block, id=f"{document.name}-{number}")
    for document in DOCUMENTS
    for number, block in enumerate(blocks(document, "yaml"))
]


@pytest.mark.parametrize("text", YAML_BLOCKS)
def test_every_configuration_in_a_document_loads(text):
    assert parse(text, "document.yaml").rules


@pytest.mark.io
@pytest.mark.parametrize("document", [each for each in DOCUMENTS if blocks(each, "sh")], ids=lambda each: each.name)
def test_a_shell_takes_every_script_in_a_document(document: Path):
    for text in blocks(document, "sh"):
        assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0, text


@pytest.mark.io
def test_the_exabgp_configuration_of_the_documents_is_valid_for_exabgp(tmp_path):
    (text,) = blocks(ROOT / "docs" / "setups.md", "exabgp")
    program = tmp_path / "bgp2vpc"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "exabgp.conf"
    file.write_text(text.replace("/opt/bgp2vpc/bin/bgp2vpc", str(program)))
    result = subprocess.run(
        [sys.executable, "-m", "exabgp", "validate", str(file)], check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_policy_of_the_document_is_that_of_its_configuration():
    document = ROOT / "docs" / "iam.md"
    (text,), (policy,) = blocks(document, "yaml"), blocks(document, "json")
    around = AccountScope("eu-west-1", "123456789012", "vpc-0123456789abcdef0")
    assert json.loads(policy) == least_policy(parse(text, "document.yaml"), around).to_json()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_to_a_file_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(document):
    for table in re.findall(r"(?:^ *\|.*\n)+", document.read_text(), re.MULTILINE):
        widths = [len(re.split(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", row))) for row in table.splitlines()]
        assert set(widths) == {widths[0]}, table


SCENARIOS = ROOT / "docs" / "failure-scenarios.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def named_in(file: Path) -> set[str]:
    return {
        each.name
        for each in ast.walk(ast.parse(file.read_text()))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_")
    }


def test_every_test_that_a_failure_scenario_names_exists():
    named = NAMED.findall(SCENARIOS.read_text())
    assert [f"{file}::{name}" for file, name in named if name not in named_in(ROOT / file)] == []


def test_every_failure_scenario_names_a_test():
    _, *tables = re.split(r"^## ", SCENARIOS.read_text(), flags=re.MULTILINE)  # before the first one: words, no cases
    rows = [row for table in tables for row in re.findall(r"^\| .*", table, re.MULTILINE)[1:]]
    assert len(rows) > 50
    assert [row for row in rows if not NAMED.search(row)] == []


@pytest.mark.parametrize(
    "file",
    [
        *sorted((ROOT / "tests" / "scenarios").glob("test_*.py")),
        ROOT / "tests" / "system" / "test_failure_scenarios.py",
    ],
    ids=lambda file: file.name,
)
def test_every_test_of_a_failure_has_a_row(file: Path):
    named = {name for where, name in NAMED.findall(SCENARIOS.read_text()) if ROOT / where == file}
    assert named_in(file) - named == set()


def test_every_reason_of_a_verdict_is_explained():
    told = re.findall(r"`([a-z-]+)`", (ROOT / "docs" / "life-of-a-route.md").read_text())
    assert {reason.value for reason in Reason} - set(told) == set()


def test_the_pair_of_the_readme_is_the_file_to_copy():
    (text,) = blocks(ROOT / "README.md", "yaml")
    assert yaml.safe_load(text) == yaml.safe_load((ROOT / "examples" / "pair.yaml").read_text())


@pytest.mark.parametrize("words", [words for block in blocks(ROOT / "README.md", "sh") for words in block.splitlines()])
def test_every_command_of_the_readme_exists(words):
    for program, name in re.findall(r"(make|bgp2vpc) ([a-z-]+)", words.partition("#")[0]):
        if program == "make":
            assert f"\n{name}:" in (ROOT / "Makefile").read_text()
        elif "docker" not in words:
            assert name in COMMANDS


def test_every_page_is_on_the_first_one():
    """Also those that a file to copy becomes."""
    linked = set(re.findall(r"\]\(([\w-]+\.md)", (ROOT / "docs" / "index.md").read_text()))
    assert {each.name for each in (ROOT / "docs").glob("*.md")} - linked == {"index.md"}


def test_metrics_and_events_for_cloudwatch_exist():
    page = ROOT / "docs" / "cloudwatch.md"
    text, metrics, events = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("cloudwatch", "metrics", "events"))
    for block in blocks(page, "json"):
        assert json.loads(block)["logs"]
    names = set(re.findall(r"\bbgp2vpc_\w+", text))
    assert len(names) > 5
    assert [name for name in names if f"`{name}`" not in metrics] == []
    told = set(re.findall(r'"((?:route|check) [a-z ]+)"', text))
    assert len(told) > 3
    assert [words for words in told if f"| {words} |" not in events] == []


def symptoms() -> list[list[str]]:
    """The rows of `docs/troubleshooting.md`: what is seen, what it means, what to do."""
    lines = (ROOT / "docs" / "troubleshooting.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "I see"]


def test_every_command_that_helps_exists_with_these_options():
    text = (ROOT / "docs" / "troubleshooting.md").read_text()
    commands = set(re.findall(r"`(bgp2vpc [^`]+)`", text)) | set(re.findall(r"^(bgp2vpc [^#\n]+)", text, re.MULTILINE))
    assert len(commands) > 15
    for command in commands:
        words = shlex.split(command)[1:]
        assert words[0] in COMMANDS, command
        assert command_line(words[0]).parse_args(words).command


def test_every_symptom_is_one_that_the_program_shows():
    events = (ROOT / "docs" / "events.md").read_text()
    source = "".join(path.read_text() for path in (ROOT / "bgp2vpc").rglob("*.py"))
    reasons = {reason.value for reason in Reason} | {kind.value for kind in VerdictKind}
    kernel = {"Operation not permitted", "Read-only file system"}
    for seen, _, _ in symptoms():
        for words in re.findall(r"`([^`]+)`", seen):
            known = words in reasons | kernel or f"| {words} |" in events or words in source
            assert known, words


def test_every_check_of_the_doctor_that_a_symptom_names_exists():
    checks = set(re.findall(r"^\| `([\w-]+)`", (ROOT / "docs" / "doctor.md").read_text(), re.MULTILINE))
    checks |= set(re.findall(r"^\| `[\w-]+`, `([\w-]+)`", (ROOT / "docs" / "doctor.md").read_text(), re.MULTILINE))
    named = [names for _, _, do in symptoms() for names in re.findall(r"`bgp2vpc doctor[^`]*` \(([^)]*)\)", do)]
    assert len(named) > 5
    assert {name for names in named for name in re.findall(r"`([\w-]+)`", names)} <= checks
