"""pyproject.toml declares what the program imports."""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
IMPORT = re.compile(r"^\s*(?:from|import) (\w+)", re.MULTILINE)
DEMO = ROOT / "bgp2vpc" / "demo"


def names(requirements: Iterable[str]) -> set[str]:
    return {re.sub(r"[._]", "-", re.split(r"[^\w.-]", each)[0]).lower() for each in requirements}


def imported(files: Iterable[Path]) -> dict[str, set[str]]:
    """The distributions of the modules that these files import: all that may have brought the module, by its name."""
    found = {module for file in files for module in IMPORT.findall(file.read_text("utf-8"))}
    installed = packages_distributions()  # what is no module, such as the word after "from" in a text, is not in it
    others = found - set(sys.stdlib_module_names) - {"bgp2vpc"}
    return {module: names(installed[module]) for module in others if module in installed}


def test_every_import_is_a_declared_dependency() -> None:
    declared = names(PROJECT["dependencies"])
    daemon = imported(file for file in (ROOT / "bgp2vpc").rglob("*.py") if not file.is_relative_to(DEMO))
    assert {module for module, brought_by in daemon.items() if not brought_by & declared} == set()
    assert {"botocore", "yarl", "multidict", "markupsafe"} <= set(daemon)
    declared |= names(PROJECT["optional-dependencies"]["demo"])
    assert {module for module, by in imported(DEMO.rglob("*.py")).items() if not by & declared} == set()


def test_every_declared_dependency_is_imported() -> None:
    used = imported((ROOT / "bgp2vpc").rglob("*.py"))
    assert names(PROJECT["dependencies"]) - set().union(*used.values()) == set()
