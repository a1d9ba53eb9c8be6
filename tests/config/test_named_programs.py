"""Texts that were meant for a shell, and programs that are not on this machine: said before the start."""

from pathlib import Path

import pytest
import yaml

from bgp2vpc.config.load import load, parse
from bgp2vpc.config.programs import missing_programs

RULE = "routetables: {private: {find: {type: main}, accept: [192.0.2.53/32]}}\n"
CHECK = "healthchecks: {dns: {type: command, destination: 192.0.2.53, every: 1, config: "
SHELL_WORDS = Path(__file__).parent / "data" / "warned-shell-words.yaml"


def warned(text: str) -> list[str]:
    warnings = map(str, parse(RULE + text, "f").warnings)
    return [each.removeprefix("f:") for each in warnings if "no shell" in each]


def test_the_text_and_the_list_that_works_instead() -> None:
    lines = SHELL_WORDS.read_text().splitlines()
    assert [str(each) for each in load(SHELL_WORDS).warnings] == [
        f"{SHELL_WORDS}:{line.removeprefix('#! ')}" for line in lines if line.startswith("#! ")
    ]


@pytest.mark.parametrize(
    ("run", "sign"),
    [
        ("a; b", ";"), ("a;", ";"), ("a && b", "&&"), ("a&&b", "&&"), ("a || b", "||"), ("a | b", "|"), ("a|b", "|"),
        ("a > /x", ">"), ("a >>/x", ">>"), ("a 2>&1", "2>&1"), ("a 2>/dev/null", "2>"), ("a &>/x", "&>"),
        ("a < /x", "<"),
        ("a $HOME/x", "$HOME"), ("a ${X}", "${X}"), ("a $(hostname)", "$("), ("a `hostname`", "`"), ("~/x", "~/"),
        ("a ~/x", "~/"), ("a &", "&"), ("X=1 a", "X=1"), ("sh -c 'a' > /x", ">"),
    ],
)  # fmt: skip
def test_what_only_a_shell_understands(run: str, sign: str) -> None:
    (said,) = warned(f"processes: {{p: {{run: {yaml.safe_dump(run, default_style=chr(34)).strip()}}}}}")
    before, _, form = said.partition("; for a shell: ")
    assert before == f"2: processes.p.run: no shell runs this, so '{sign}' is passed on as it stands"
    program = yaml.safe_load(form)["run"]
    assert program == ["sh", "-c", run]
    assert warned(f"processes: {{p: {{{form}}}}}") == []


@pytest.mark.parametrize(
    "run",
    [
        'python3 -m exabgp healthcheck --cmd "dig @127.0.0.1 a | grep -q $X && true; ~/x" --ip 192.0.2.53/32',
        "a 'b; c' d", r"a \; b", r"a \$X", "a x~/y", "a http://x/?y=1&z=2", "a $1 $? 100$ %DESTINATION%", "a --x=~/y",
        "a b=c", '["sh", "-c", "a; b > /x"]', '[/bin/bash, -ec, "a && b"]', '[a, "b; c", "x|y"]',
    ],
)  # fmt: skip
def test_what_needs_no_shell_or_asks_for_one(run: str) -> None:
    text = run if run.startswith("[") else yaml.safe_dump(run, default_style='"', width=1000).strip()
    assert warned(f"processes: {{p: {{run: {text}}}}}") == []


def test_a_list_with_the_words_of_a_shell() -> None:
    (said,) = warned("processes: {p: {run: [echo, it is down, '&&', touch, ~/down]}}")
    assert said.endswith(
        "'&&' is passed on as it stands; for a shell: run: [sh, -c, 'echo ''it is down'' && touch ~/down']"
    )


def test_a_command_and_its_arguments() -> None:
    (said,) = warned(CHECK + "{command: ip, arguments: [link, '|', grep, UP]}}}")
    assert said.endswith("for a shell: command: sh, arguments: [-c, 'ip link | grep UP']")
    assert warned(CHECK + "{command: sh, arguments: [-c, 'ip link | grep UP']}}}") == []


def test_names_and_headers_are_no_programs() -> None:
    headers = "healthchecks: {a: {type: http, destination: 192.0.2.53, every: 1, config: {headers: {run: a; b}}}}"
    assert warned(f"processes: {{run: {{run: a}}, headers: {{run: b}}}}\n{headers}") == []
    assert [each.name for each in parse(f"{RULE}processes: {{headers: {{run: b c}}}}", "f").programs] == ["b"]


def missing(text: str) -> list[str]:
    return [str(each) for each in missing_programs(parse(RULE + text, "f"))]


def test_programs_that_are_not_there_or_cannot_be_run(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.touch()
    hooks = f"run_on_healthy: [{tmp_path}, x], run_on_unhealthy: '{script} x'"
    check = CHECK + "{command: no-such-program x y}, " + hooks + "}}\n"
    notify = f"notify: [{{on: [takeover], run: '{script}/x'}}]\n"
    assert missing(f"processes: {{p: {{run: no-such-program -x}}, q: {{run: sh x}}}}\n{check}{notify}") == [
        "f:2: processes.p.run: no program 'no-such-program' in PATH on this machine",
        "f:3: healthchecks.dns.config.command: no program 'no-such-program x y' on this machine; all of this is its "
        "name. Write: command: no-such-program, arguments: [x, y]",
        f"f:3: healthchecks.dns.run_on_healthy: '{tmp_path}' is a directory on this machine",
        f"f:3: healthchecks.dns.run_on_unhealthy: '{script}' is not executable on this machine",
        f"f:4: notify[0].run: '{script}/x' does not exist on this machine",
    ]
    script.chmod(0o700)
    assert len(missing(check)) == 2


def test_what_was_meant_for_a_shell_is_told_once() -> None:
    assert warned("processes: {p: {run: ~/no-such-program}}")
    assert missing("processes: {p: {run: ~/no-such-program}}") == []
