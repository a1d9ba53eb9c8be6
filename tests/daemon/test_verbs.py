"""The table of verbs, and what has to say the same: the commands and the documents."""

import re
from pathlib import Path

import pytest

from bgp2vpc.cli.main import command_line
from bgp2vpc.operator.verbs import VERBS, About, Verb

DOCS = Path(__file__).parents[2] / "docs"
NAMED = {About.NOTHING: [], About.PREFIXES: ["192.0.2.1/32"], About.CHECK: ["dns"]}
EACH_VERB = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)


@EACH_VERB
def test_there_is_a_command_that_takes_what_the_verb_takes(verb: Verb) -> None:
    def parsed(*words: str) -> bool:
        try:
            command_line().parse_args([verb.name, *words])
        except SystemExit:
            return False
        return True

    assert parsed(*NAMED[verb.about], "--reason", "why", "--socket", "s")
    assert parsed(*NAMED[verb.about], "--for", "30m") == verb.lasts
    if verb.about is About.PREFIXES:
        assert parsed() == verb.everything
        assert parsed("192.0.2.1", "192.0.2.2")


@EACH_VERB
def test_operators_are_told_of_it(verb: Verb) -> None:
    first_columns = re.findall(r"^\| (.*?) \|", (DOCS / "steering.md").read_text(), re.MULTILINE)
    assert [column for column in first_columns if re.search(rf"`(bgp2vpc )?{verb.name}\b", column)]


def test_the_document_of_the_page_has_the_fields_of_each() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", (DOCS / "web.md").read_text(), re.MULTILINE)
    told = {name: set(re.findall(r"`(prefix|check|for)`", fields)) for name, fields in rows}
    assert told == {verb.name: {verb.about.value, "for" if verb.lasts else ""} - {""} for verb in VERBS.values()}
