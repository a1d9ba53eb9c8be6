"""Every mistake is told, all at once, with its line and key and what would be right.

Each file data/invalid-*.yaml holds one mistake, and the exact problems in lines that begin with `#! `.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.config.document import MAX_SIZE
from bgp2vpc.config.load import load, parse
from bgp2vpc.errors import ConfigError, Problem

INVALID = sorted((Path(__file__).parent / "data").glob("invalid-*.yaml"))
RULE = "routetables:\n  private:\n    find: {type: main}\n    accept: [192.0.2.53/32]\n"
MARK = "#! "


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse(text, "f.yaml")
    return [str(problem) for problem in raised.value.problems]


def test_there_are_bad_files() -> None:
    assert len(INVALID) > 80


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem.removeprefix("invalid-"))
def test_a_bad_file_is_refused_with_exactly_these_problems(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    expected = [f"f.yaml:{line.removeprefix(MARK).rstrip()}" for line in lines if line.startswith(MARK)]
    assert expected, "a bad file without its problems"
    assert problems_of("".join(line for line in lines if not line.startswith(MARK))) == expected


def test_the_error_shows_one_problem_per_line() -> None:
    with pytest.raises(ConfigError) as raised:
        parse("poll_time: x\nsettle_time: y\n" + RULE, "f.yaml")
    assert str(raised.value).splitlines() == [
        "f.yaml:1: poll_time: expected a number or 'auto', got 'x'",
        "f.yaml:2: settle_time: expected a number, got 'y'",
    ]


def test_an_empty_file_is_refused() -> None:
    assert problems_of("") == ["f.yaml:1: yaml: the file is empty; it needs at least 'routetables:'"]


def test_a_long_value_is_shortened_in_the_message() -> None:
    (problem,) = problems_of(f"{RULE}region: {'x' * 10_000}\n")
    assert len(problem) < 200
    assert "…" in problem


def test_escapes_cannot_reach_the_terminal() -> None:
    (problem,) = problems_of(f'{RULE}on_exit: "\\e[31mred\\nf.yaml:1: forged"\n')
    assert problem.isprintable()


def test_a_huge_file_is_refused_before_it_is_read_as_yaml(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text(RULE + "#" * MAX_SIZE + "ä")
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert str(raised.value) == f"{path}:1: yaml: larger than 256 KiB: surely the wrong file"


def test_a_huge_file_cut_within_a_character_is_called_huge_and_not_broken(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"#" * MAX_SIZE + "ä".encode())
    with pytest.raises(ConfigError, match="larger than 256 KiB"):
        load(path)


def test_a_missing_file_is_told_with_the_systems_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "none.yaml")
    assert str(raised.value) == (
        f"{tmp_path}/none.yaml: cannot be read: No such file or directory; "
        "-f FILE names another one, and docs/setups.md has a file to copy for each setup"
    )


def test_a_directory_is_told_with_the_systems_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_that_is_not_utf8_is_told_with_the_line_and_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin1.yaml"
    path.write_bytes(RULE.encode() + "# für\n".encode("latin-1"))
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert str(raised.value) == f"{path}:5: yaml: not UTF-8: byte 0xfc; save the file as UTF-8"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(RULE.encode("utf-8-sig"))
    assert load(path).rules[0].name == "private"


VALUES = st.recursive(
    st.sampled_from(["", "~", "1", "-1", "true", "main", "and", "x y", "192.0.2.0/24", "'", "*a", "<<"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(["find", "accept", "type", "config", "filters", "run", "ids", "not", "dns", "<<", "&a b"]),
            inner,
            max_size=3,
        ).map(lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"),
    ),
    max_leaves=8,
)


@given(st.sampled_from(["routetables", "processes", "ec2", "poll_time", "region", "web", "socket"]), VALUES)
def test_any_value_anywhere_is_read_or_refused_at_a_line_of_the_file(key: str, value: str) -> None:
    for problem in _problems(f"{RULE}{key}: {value}\n"):
        assert 1 <= problem.line <= 6
        assert problem.key
        assert problem.message


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        parse(text, "f.yaml")
    except ConfigError as error:
        return error.problems
    return ()


@given(st.text(alphabet="ab:-[]{}&*<>|!%@'\"# \n\t\0\x85é", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    # Nothing of this alphabet can spell a rule, so all of it is refused, and by no other exception.
    assert problems_of(text)
