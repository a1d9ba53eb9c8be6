"""Regular expressions as patterns of IAM: never narrower, and honest about being wider."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.demo.cloud.front.iam import _is_like
from bgp2vpc.iam.like import Like, escape, like


@pytest.mark.parametrize(
    ("regexp", "patterns", "exact"),
    [
        ("private", ["*private*"], True),
        ("^private-", ["private-*"], True),
        ("^private$", ["private"], True),
        (r"^nat\.a$", ["nat.a"], True),
        ("^a.*z$", ["a*z"], True),
        ("^a.+z$", ["a?*z"], True),
        ("^a.z$", ["a?z"], True),
        ("", ["*"], True),
        ("^$", [""], True),
        ("^(a|b)$", ["a", "b"], True),
        ("(?:a|b)", ["*a*", "*b*"], True),
        ("^a|b$", ["a*", "*b"], True),
        (r"^what\?$", ["what${?}"], True),
        (r"^5\$$", ["5${$}"], True),
        # What no pattern can say: the part before it remains.
        ("^rt-[ab]$", ["rt-*"], False),
        (r"^rt-\d+$", ["rt-*"], False),
        ("^rt-x*$", ["rt-*"], False),
        ("^rt-x{3}$", ["rt-*"], False),
        ("^rt-(a|b)$", ["*"], False),
        (r"a\b", ["*a*"], False),
        ("(?i)private", ["*"], False),
    ],
)
def test_an_expression_becomes_patterns(regexp: str, patterns: list[str], exact: bool) -> None:
    assert like(re.compile(regexp)) == Like(tuple(patterns), exact)


pieces = st.sampled_from([*"ab.^$|?*+()[]-", r"\.", r"\d", ".*", ".+", "(a|b)", "[ab]", "(?:a|bb)", "{2}"])
values = st.text("ab.-1?*$", max_size=6)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # brackets that may come to mean more
@given(st.lists(pieces, max_size=6).map("".join), values)
def test_no_value_is_lost_and_exact_patterns_add_none(regexp: str, value: str) -> None:
    try:
        compiled = re.compile(regexp)
    except re.error:
        return
    found = like(compiled)
    is_like = any(_is_like(value, pattern) for pattern in found.patterns)
    if compiled.search(value):
        assert is_like
    elif found.exact:
        assert not is_like


@given(values, values)
def test_an_escaped_value_is_matched_by_itself_alone(value: str, other: str) -> None:
    assert _is_like(other, escape(value)) is (other == value)
