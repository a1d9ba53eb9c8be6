"""Prefix-list entries and what they match."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgp2vpc.bgp.prefix_list import PrefixList, PrefixRange, parse_prefix_range
from bgp2vpc.prefix import PrefixError, parse_prefix


def prefix_list(*texts: str) -> PrefixList:
    return PrefixList(tuple(map(parse_prefix_range, texts)))


# entry, ge, le, as printed
ENTRIES = [
    ("192.0.2.0/24", 24, 24, "192.0.2.0/24"),
    ("192.0.2.0/24 le 32", 24, 32, "192.0.2.0/24 le 32"),
    ("192.0.2.0/24 ge 25", 25, 32, "192.0.2.0/24 ge 25"),
    ("192.0.2.0/24 ge 24", 24, 32, "192.0.2.0/24 le 32"),
    ("192.0.2.0/24 ge 25 le 32", 25, 32, "192.0.2.0/24 ge 25"),
    ("192.0.2.0/24 ge 25 le 28", 25, 28, "192.0.2.0/24 ge 25 le 28"),
    ("192.0.2.0/24 le 28 ge 25", 25, 28, "192.0.2.0/24 ge 25 le 28"),
    ("  192.0.2.0/24   le  32 ", 24, 32, "192.0.2.0/24 le 32"),
    ("192.0.2.53", 32, 32, "192.0.2.53/32"),
    ("192.0.2.53/32 le 32", 32, 32, "192.0.2.53/32"),
    ("2001:db8:53::/48 le 128", 48, 128, "2001:db8:53::/48 le 128"),
    ("0.0.0.0/0 le 32", 0, 32, "0.0.0.0/0 le 32"),
    ("0.0.0.0/0", 0, 0, "0.0.0.0/0"),
]


@pytest.mark.parametrize(("text", "ge", "le", "printed"), ENTRIES)
def test_an_entry_is_read_and_printed_in_its_shortest_form(text: str, ge: int, le: int, printed: str) -> None:
    entry = parse_prefix_range(text)
    assert (entry.ge, entry.le, str(entry)) == (ge, le, printed)
    assert parse_prefix_range(printed) == entry


BAD_ENTRIES = [
    ("", "empty: expected PREFIX"),
    ("  ", "empty: expected PREFIX"),
    ("192.0.2.53/24", "host bits set; 192.0.2.0/24 was probably meant"),
    ("example.org", "'example.org' is not an IP address"),
    ("192.0.2.0/33", "must be a number from 0 to 32"),
    ("192.0.2.0/24 le", "'192.0.2.0/24 le': expected PREFIX [ge LENGTH] [le LENGTH]"),
    ("192.0.2.0/24 lt 32", "unknown word 'lt'"),
    ("192.0.2.0/24 le thirty", "'le thirty' must be a length in bits"),
    ("192.0.2.0/24 le -1", "'le -1' must be a length in bits"),
    ("192.0.2.0/24 le 1000000", "'le 1000000' must be a length in bits"),
    ("192.0.2.0/24 le 0032", "'le 0032' must be a length in bits"),
    ("192.0.2.0/24 le 28 le 30", "'le' is given twice"),
    ("192.0.2.0/24 le 33", "'le 33' is too long for 192.0.2.0/24: at most 32"),
    ("192.0.2.0/24 ge 33", "'ge 33' is too long for 192.0.2.0/24: at most 32"),
    ("2001:db8::/32 le 129", "'le 129' is too long for 2001:db8::/32: at most 128"),
    ("192.0.2.0/24 le 20", "'le 20' is shorter than 192.0.2.0/24 itself: at least 24"),
    ("192.0.2.0/24 ge 20", "'ge 20' is shorter than 192.0.2.0/24 itself: at least 24"),
    ("192.0.2.0/24 ge 30 le 28", "'ge 30 le 28' matches nothing: ge must not exceed le"),
]


@pytest.mark.parametrize(("text", "message"), BAD_ENTRIES)
def test_a_bad_entry_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(PrefixError) as raised:
        parse_prefix_range(text)
    assert message in str(raised.value)


# entries, prefix, accepted
MATCHES = [
    (["192.0.2.53/32"], "192.0.2.53/32", True),
    (["192.0.2.53/32"], "192.0.2.54/32", False),
    (["192.0.2.0/24"], "192.0.2.0/24", True),
    (["192.0.2.0/24"], "192.0.2.0/25", False),
    (["192.0.2.0/24"], "192.0.2.53/32", False),
    (["192.0.2.0/24"], "192.0.0.0/16", False),
    (["192.0.2.0/24 le 32"], "192.0.2.53/32", True),
    (["192.0.2.0/24 le 32"], "192.0.2.0/24", True),
    (["192.0.2.0/24 le 32"], "192.0.2.0/23", False),
    (["192.0.2.0/24 le 32"], "192.0.3.0/32", False),
    (["192.0.2.0/24 ge 32"], "192.0.2.0/24", False),
    (["192.0.2.0/24 ge 25 le 28"], "192.0.2.16/28", True),
    (["192.0.2.0/24 ge 25 le 28"], "192.0.2.16/29", False),
    (["0.0.0.0/0 le 32"], "198.51.100.1/32", True),
    (["0.0.0.0/0 le 32"], "0.0.0.0/0", True),
    (["0.0.0.0/0 le 32"], "::/0", False),
    (["::/0 le 128"], "0.0.0.0/0", False),
    (["::/0 le 128"], "2001:db8::1/128", True),
    (["2001:db8:53::/48 le 128"], "2001:db8:53::53/128", True),
    (["2001:db8:53::/48 le 128"], "2001:db8:54::53/128", False),
    (["192.0.2.0/24 ge 32", "192.0.2.0/24 le 25"], "192.0.2.0/25", True),
    (["198.51.100.0/24", "192.0.2.0/24 ge 32"], "192.0.2.9/32", True),
    ([], "192.0.2.53/32", False),
]


@pytest.mark.parametrize(("entries", "prefix", "accepted"), MATCHES)
def test_a_list_accepts_what_one_of_its_entries_matches(entries: list[str], prefix: str, accepted: bool) -> None:
    assert prefix_list(*entries).accepts(parse_prefix(prefix)) is accepted


networks = st.builds(
    lambda address, length: str(ipaddress.ip_network((address, length), strict=False)),
    # Few distinct addresses, so that prefixes nest often.
    st.sampled_from(["192.0.2.53", "192.0.2.0", "192.0.3.0", "0.0.0.0", "255.255.255.255"]),
    st.integers(0, 32),
)


@st.composite
def ranges(draw: st.DrawFn) -> PrefixRange:
    prefix = parse_prefix(draw(networks))
    ge = draw(st.integers(prefix.prefixlen, 32))
    return PrefixRange(prefix, ge, draw(st.integers(ge, 32)))


@given(st.lists(ranges(), max_size=6), networks)
def test_the_index_agrees_with_walking_the_entries(entries: list[PrefixRange], text: str) -> None:
    network = ipaddress.IPv4Network(text)
    walked = any(
        network.subnet_of(ipaddress.IPv4Network(str(entry.prefix))) and entry.ge <= network.prefixlen <= entry.le
        for entry in entries
    )
    permitted = PrefixList(tuple(entries))
    assert permitted.accepts(parse_prefix(text)) is walked
    assert (permitted.entry_for(parse_prefix(text)) is not None) is walked


@given(st.lists(ranges(), min_size=1, max_size=6), networks)
def test_an_entry_that_an_earlier_one_covers_never_counts(entries: list[PrefixRange], text: str) -> None:
    permitted, prefix = PrefixList(tuple(entries)), parse_prefix(text)
    for number, entry in enumerate(entries):
        if PrefixList((entry,)).accepts(prefix) and (earlier := permitted.entry_before(number)) is not None:
            assert PrefixList((earlier,)).accepts(prefix)
            assert permitted.entry_for(prefix) in entries[:number]


BEFORE = [
    # the entries, and which of them permits all that the last one does
    (["192.0.2.0/24 le 32", "192.0.2.53/32"], 0),
    (["192.0.2.0/24", "192.0.2.53/32"], None),
    (["192.0.2.0/24 ge 25", "192.0.2.0/24 le 32"], None),
    (["192.0.2.0/24 le 28", "192.0.2.0/24 ge 25 le 28"], 0),
    (["192.0.2.0/28 ge 32", "192.0.2.0/24 ge 32"], None),
    (["192.0.2.0/24 le 31", "192.0.2.0/24 ge 32", "192.0.2.0/24 le 32"], None),
    (["2001:db8::/32 le 64", "2001:db8:53::/48 le 64"], 0),
    (["2001:db8::/32 le 64", "2001:db8:53::/48 le 128"], None),
    (["::/0 le 128", "0.0.0.0/0"], None),
    (["10.0.0.0/8", "192.0.2.53/32", "192.0.2.53/32"], 1),
    (["192.0.2.53/32"], None),
]


@pytest.mark.parametrize(("entries", "earlier"), BEFORE)
def test_which_earlier_entry_leaves_nothing_to_an_entry(entries: list[str], earlier: int | None) -> None:
    permitted = prefix_list(*entries)
    found = permitted.entry_before(len(entries) - 1)
    assert found == (None if earlier is None else permitted.entries[earlier])


@given(ranges())
def test_an_entry_survives_printing(entry: PrefixRange) -> None:
    assert parse_prefix_range(str(entry)) == entry


def test_a_list_names_the_first_entry_that_matches_and_prints_all() -> None:
    entries = prefix_list("203.0.113.0/24", "192.0.2.53/32", "192.0.2.0/24 le 32")
    assert entries.entry_for(parse_prefix("192.0.2.53/32")) is entries.entries[1]
    assert entries.entry_for(parse_prefix("192.0.2.0/24")) is entries.entries[2]
    assert entries.entry_for(parse_prefix("203.0.113.1/32")) is None
    assert str(entries) == "203.0.113.0/24, 192.0.2.53/32, 192.0.2.0/24 le 32"
