"""The linters, the types and the layers."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.io
ROOT = Path(__file__).parents[2]


def test_ruff_mypy_and_import_linter_find_nothing() -> None:
    # `-o`: what is installed is not installed anew from here.
    run = subprocess.run(
        ["make", "-o", ".venv/.ready", "lint"], cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
    if run.returncode:
        pytest.fail(run.stdout + run.stderr, pytrace=False)
