"""The documents say what is true: generated ones are up to date, and what is there to copy works."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bgp2vpc.config.load import parse

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


YAML_BLOCKS = [
    pytest.param(block, id=f"{document.name}-{number}")
    for document in DOCUMENTS
    for number, block in enumerate(blocks(document, "yaml"))
]


def test_the_reference_of_keys_is_what_the_schema_says():
    result = subprocess.run([sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], check=False)
    assert result.returncode == 0, "run `python docs/generate.py` and commit docs/configuration.md"


@pytest.mark.parametrize("text", YAML_BLOCKS)
def test_every_configuration_in_a_document_loads(text):
    assert parse(text, "document.yaml").rules


def test_the_exabgp_configuration_of_the_readme_is_valid_for_exabgp(tmp_path):
    (text,) = blocks(ROOT / "README.md", "exabgp")
    program = tmp_path / "bgp2vpc"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "exabgp.conf"
    file.write_text(text.replace("/opt/bgp2vpc/bin/bgp2vpc", str(program)))
    result = subprocess.run(
        [sys.executable, "-m", "exabgp", "validate", str(file)], check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_to_a_file_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
        assert (document.parent / target).exists(), target
