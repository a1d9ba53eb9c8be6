"""Proof by difference: bgp2vpc and the installed ExaBGPs, 4.2 and 5.0, read the same lines and must agree."""

import string
from pathlib import Path as File

import pytest
from api_lines import damaged, statements
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.exabgp_api.command import Answer, LineError
from bgp2vpc.exabgp_api.line import parse
from bgp2vpc.exabgp_api.words import formated
from bgp2vpc.exabgp_api.words import statements as statements_of
from tests.exabgp_api.comparison import BASES, LOOSER, PIECES, STRICTER, STRICTER_THAN_42, Comparison, generated
from tests.exabgp_api.exabgp_dispatcher import Dispatcher

HEALTHCHECK_LINES = (File(__file__).parent / "data" / "healthcheck-lines.txt").read_text(encoding="ascii").splitlines()
VERBS = st.sampled_from(["announce ", "withdraw "])
SELECTOR = st.sampled_from(
    ["", "neighbor * ", "neighbor 192.0.2.254 ", "neighbor x, neighbor 2001:db8::fe, ", "neighbor 192.0.2.254 , , "]
)
SPECIAL = "[](){},;#\"'\\ \t\r\nabfnrtux05:"
"""Without the control characters that are refused before words are made."""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return Comparison()


@given(statement=statements(), verb=VERBS, selector=SELECTOR)
def test_correct_lines_mean_the_same(comparison: Comparison, statement: str, verb: str, selector: str) -> None:
    line = f"{selector}{verb}{statement}"
    assert parse(line).answer is Answer.DONE
    assert comparison.v50.read(line).is_taken
    assert comparison.difference(line) == ""


@given(statement=damaged(), verb=VERBS, selector=SELECTOR)
def test_damaged_lines_are_taken_or_refused_alike(
    comparison: Comparison, statement: str, verb: str, selector: str
) -> None:
    assert comparison.difference(f"{selector}{verb}{statement}") == ""


@pytest.mark.parametrize("seed", range(4))
def test_generated_lines_are_taken_or_refused_alike(comparison: Comparison, seed: int) -> None:
    lines = list(generated(2000, seed))
    assert {line: what for line in lines if (what := comparison.difference(line))} == {}
    answers = [parse(line).answer for line in lines]
    assert min(answers.count(Answer.DONE), answers.count(Answer.ERROR)) > 300  # it is about both


@pytest.mark.parametrize("line", BASES)
def test_the_lines_they_are_made_of_are_correct(comparison: Comparison, line: str) -> None:
    assert parse(line).for_exabgp
    assert comparison.v50.read(line).is_taken


@pytest.mark.parametrize("line", HEALTHCHECK_LINES)
def test_what_healthchecks_said_means_the_same(comparison: Comparison, line: str) -> None:
    """Every line that `exabgp healthcheck` of 4.2, 5.0 and 6.0 printed in the captured runs."""
    ours = parse(line)
    assert ours.answer is Answer.DONE
    assert ours.for_exabgp
    assert comparison.difference(line) == ""


PLACES = (
    "{}announce route 192.0.2.1/32 next-hop self",
    "announce{}route 192.0.2.1/32 next-hop self",
    "announce route{}192.0.2.1/32 next-hop self",
    "announce route 192.0.2.1/32{}next-hop self",
    "announce route 192.0.2.1/32 next-hop self{}",
    "announce route 192.0.2.1/32 next-hop self {} med 5",
    "announce route 192.0.2.1/32 next-hop self name a{}b",
    'announce route 192.0.2.1/32 next-hop self name "a{}b" med 5',
    "announce route 192.0.2.1/32 next-hop self name 'a{}b' med 5",
    "announce route 192.0.2.1/32 next-hop self med {}5",
    'announce route 192.0.2.1/32 next-hop self aigp "{}5"',
    "announce route 192.0.2.1/32 next-hop self; {}",
    "announce route 192.0.2.1/32 next-hop self community [{}1:2 ]",
    "announce route 192.0.2.1/32 {{ next-hop self; med 5{}; }}",
    "announce ipv4 unicast 192.0.2.1/32 next-hop self {}",
    "announce eor ipv4{}unicast",
    "announce flow route source 10.0.0.0/24{}discard",
    "neighbor *{}announce route 192.0.2.1/32 next-hop self",
    "withdraw route 192.0.2.1/32{}",
)
ORDINARY = set(string.ascii_letters + string.digits) - set("abfnrtux05")
CHARACTERS = [chr(code) for code in range(128) if chr(code) not in ORDINARY | {"\n"}]


@pytest.mark.parametrize("place", PLACES)
def test_every_character_means_the_same_in_every_place(comparison: Comparison, place: str) -> None:
    """Alone, twice, between spaces, in quotes, behind one backslash and behind two."""
    forms = ("{0}", "{0}{0}", " {0} ", '"{0}"', "\\{0}", "\\\\{0}")
    lines = [place.format(form.format(character)) for character in CHARACTERS for form in forms]
    assert {line: what for line in lines if (what := comparison.difference(line))} == {}


def assert_same_words(dispatcher: Dispatcher, text: str) -> None:
    ended = text if text.endswith((";", "}")) else f"{text} ;"  # as `Configuration.partial` does
    try:
        theirs = [[word for _, _, word in parsed] for parsed in dispatcher.tokens(iter([ended]))]
    except ValueError:
        with pytest.raises(LineError):
            statements_of(text)
        return
    assert statements_of(text) == theirs


@given(text=st.lists(st.sampled_from([*SPECIAL, *PIECES])).map("".join))
def test_a_line_is_cut_into_the_words_that_exabgp_makes_of_it(comparison: Comparison, text: str) -> None:
    assert_same_words(comparison.v50, formated(text))


@given(text=st.text(SPECIAL.replace("u", ""), max_size=12))
def test_the_tokeniser_of_exabgp_4_2_differs_in_quotes_left_open_only(comparison: Comparison, text: str) -> None:
    """And in `\\u`, of which it makes an error of its own."""
    try:
        statements_of(formated(text))
    except LineError as error:
        if "is missing" in str(error):
            return
    assert_same_words(comparison.v42, formated(text))


@given(text=st.text(SPECIAL + "\x00\x0b\x1b", max_size=12))
def test_a_line_is_formated_as_exabgp_does(comparison: Comparison, text: str) -> None:
    assert formated(text) == comparison.v42.formated(text) == comparison.v50.formated(text)


DIFFERENT = [
    # A line, what the tables say of it, and whether 4.2 and 5.0 take it.
    ("announce route 192.0.2.1/32 next-hop self path-information 1.2.3", STRICTER, True, True),
    ("announce route 192.0.2.1/32 next-hop self community 1:65536", STRICTER, True, True),
    ("announce route 192.0.2.1/32 next-hop self extended-community 0x000200010000000100", STRICTER, True, True),
    ("announce route 192.0.2.1/32 next-hop self cluster-list [ ::1 ]", STRICTER, True, True),
    ("announce route 192.0.2.1/32 label 1048576 next-hop self", STRICTER, True, True),
    ("announce route 192.0.2.0/24 next-hop self split /33", STRICTER, False, False),
    ("announce route 192.0.2.1/32 next-hop self name a\x01b", STRICTER, True, True),
    ("announce route 192.0.2.1/32 { med 5; }", STRICTER, True, True),
    ("announce attributes med 5 nlri 192.0.2.1/32", STRICTER, True, True),
    ("announce attributes next-hop self nlri ::/0 192.0.2.1/32", STRICTER, True, True),
    ("announce ipv4 unicast ::/0 next-hop self", STRICTER, False, True),
    ('announce route 192.0.2.1/32 next-hop self name "withdraw route x"', STRICTER, True, True),
    ("xannounce route 192.0.2.1/32 next-hop self", STRICTER, True, True),
    ("announce route 192.0.2.1/32 next-hop self bgp-prefix-sid [ 1 2 ]", STRICTER, True, True),
    ("announce route 192.0.2.1/32 next-hop self as-path [ +1 ]", STRICTER_THAN_42, True, False),
    ("announce route 192.0.2.1/32 next-hop self as-path [ 1 ) ]", STRICTER_THAN_42, True, False),
    ("announce route 192.0.2.1/32 next-hop self; 'abc", STRICTER, True, False),
    ("peer * announce route 192.0.2.1/32 next-hop self", LOOSER, False, False),
    ("announce route 192.0.2.1/32 next-hop self sync", LOOSER, False, False),
    ("announce route 192.0.2.1/32 next-hop self as-path [ 1 ( 2 ) ]", LOOSER, True, False),
    ("announce route 192.0.2.1/32 next-hop self as-path 1", LOOSER, True, False),
    ("neighbor 192.0.2.99 announce route 192.0.2.1/32 next-hop self", LOOSER, False, False),
]
"""Of each kind of difference that `docs/protocol.md` has, one line."""


@pytest.mark.parametrize(("line", "table", "by_42", "by_50"), DIFFERENT, ids=[repr(row[0]) for row in DIFFERENT])
def test_what_differs_on_purpose_differs(
    comparison: Comparison, line: str, table: dict[str, str], by_42: bool, by_50: bool
) -> None:
    assert (comparison.v42.read(line).is_taken, comparison.v50.read(line).is_taken) == (by_42, by_50)
    assert parse(line).answer is (Answer.DONE if table is LOOSER else Answer.ERROR)
    assert comparison.difference(line) == ""
