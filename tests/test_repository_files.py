"""What other programs read from this repository: pre-commit, the forge."""

import os
import re
import shlex
from pathlib import Path

import pytest
import yaml

from bgp2vpc.cli.main import main

ROOT = Path(__file__).parents[1]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def run_hook(*files: Path) -> int:
    program, *words = shlex.split(HOOK["entry"])
    assert program == "bgp2vpc"
    return main([*words, *map(str, files)])


def test_the_hook_accepts_every_example_and_names_each_file(capsys: pytest.CaptureFixture[str]) -> None:
    examples = sorted((ROOT / "examples").glob("*.yaml"))
    assert run_hook(*examples) == 0
    assert [line.partition(": ok")[0] for line in capsys.readouterr().out.splitlines()] == list(map(str, examples))


def test_the_hook_tells_the_mistakes_of_all_files_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, worse = tmp_path / "bad.yaml", tmp_path / "worse.yaml"
    bad.write_text("pol_time: 3\nroutetables: {private: {find: {type: main}, accept: [192.0.2.1/32]}}\n")
    worse.write_text("routetables: {private: {find: {type: main}, accept: [192.0.2.1/24]}}\n")
    assert run_hook(bad, ROOT / "examples" / "pair.yaml", worse) == 2
    said = capsys.readouterr()
    assert "pair.yaml: ok" in said.out
    assert [line.partition(": ")[0] for line in said.err.splitlines()] == [f"{bad}:1", f"{worse}:1"]


@pytest.mark.parametrize(
    ("file", "is_ours"),
    [
        ("bgp2vpc.yaml", True),
        ("etc/bgp2vpc.yaml", True),
        ("roles/anycast/files/bgp2vpc-pair.yml", True),
        ("examples/pair.yaml", False),
        ("bgp2vpc/__init__.py", False),
        ("not-bgp2vpc.yaml", False),
    ],
)
def test_the_hook_is_for_files_of_our_name(file: str, is_ours: bool) -> None:
    assert bool(re.search(HOOK["files"], file)) is is_ours


def test_the_forge_runs_everything_on_each_change() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    workflow = yaml.load(text, yaml.BaseLoader)  # YAML 1.1 takes `on` for a boolean
    assert {"push", "pull_request"} <= workflow["on"].keys()
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == ".ci/run"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
