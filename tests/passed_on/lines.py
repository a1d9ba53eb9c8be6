"""The lines that are said: those of the corpora, and generated ones, correct, damaged and senseless."""

import json
import re
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bgp2vpc.exabgp_api.line import parse
from tests.exabgp_api import comparison
from tests.exabgp_api.api_lines import WORD, damage, damaged, statements

DATA = Path(__file__).parents[1] / "exabgp_api/data"
_SAID = re.compile(r" *[\d.]+ > ?(.*)")
_AT_ONCE = 250
"""Lines of one run of hypothesis, which remembers all that it has made."""
_HAZARDS = (
    "json",
    "reload",
    "version x",
    "bgp-prefix-sid [ ]",
    "label [ 1 2 3 4 5 6 7 8 ]",
    "split /32",
    "[",
    "(",
    "{ }",
)
_VARIANTS = 20
"""What is made of each of its lines: that is quicker by far."""

KNOWN, UNKNOWN = ("127.0.0.2", "127.0.0.3", "127.0.0.4"), ("192.0.2.99", "2001:db8::99")
"""Addresses of the neighbors that ExaBGP has, and of some that it has not."""
_WHICH = (*KNOWN, *UNKNOWN, "*")
SELECTORS = (
    *(f"{word} {which} " for word in ("neighbor", "peer") for which in _WHICH),
    *(
        f"neighbor {one}neighbor {other} "
        for one in ("127.0.0.2, ", "192.0.2.99 , ", "127.0.0.4,", "127.0.0.2 ")
        for other in ("127.0.0.3", "2001:db8::99", "*")
    ),
    "neighbor 127.0.0.2, neighbor 127.0.0.3 neighbor * ",
    "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 64512 peer-as 64512 router-id 127.0.0.1 family-allowed in-open ",
    "neighbor 127.0.0.3 peer-as 64513 ",
    "neighbor 127.0.0.3 peer-as 64999 ",
    "neighbor 127.0.0.2 local-as 64512, neighbor 192.0.2.99 peer-as 1 ",
    "peer 127.0.0.2, peer 127.0.0.3 ",
    "peer [127.0.0.2, 192.0.2.99] ",
    "peer [ 127.0.0.2 router-id 127.0.0.1 , 127.0.0.3 peer-as 64513 ] ",
    "peer [*] ",
)
_FAMILIES = [
    f"{afi} {safi}"
    for afi in ("ipv4", "ipv6", "l2vpn", "bgp-ls", "ipv5")
    for safi in ("unicast", "multicast", "nlri-mpls", "mpls-vpn", "flow", "flow-vpn", "vpls", "evpn", "mup", "rtc", "x")
]
_HERE = Path(__file__).parent
_SIGNALS = (_HERE / "signals.txt").read_text("ascii").splitlines()
_OTHER_FAMILIES = (_HERE / "other-families.txt").read_text("ascii").splitlines()
"""What follows `announce`; of those that 4.2 or 5.0 knows, one at least of each form."""


def corpora() -> list[str]:
    """Every line that a helper said, or was tried, in the data of tests/exabgp_api."""
    commands = [line for line, _ in json.loads((DATA / "commands.json").read_text("ascii"))]
    healthchecks = (DATA / "healthcheck-lines.txt").read_text("ascii").splitlines()
    records = (
        record for file in sorted(DATA.glob("captures/*/*.io")) for record in file.read_text("ascii").splitlines()
    )
    captured = [match[1] for record in records if (match := _SAID.fullmatch(record))]
    return list(dict.fromkeys([*commands, *healthchecks, *captured]))


def generated(many: int, first: int) -> Iterator[str]:
    """So many lines that bgp2vpc passes on, the same ones for the same `first`."""
    return islice((line for line in _generated(first) if parse(line).for_exabgp), many)


def _generated(first: int) -> Iterator[str]:
    random, good = Random(first), ["announce eor"]
    for number in count(first):
        yield from comparison.generated(_AT_ONCE, number)
        for line in _made(_AT_ONCE, number):
            yield line
            if parse(line).for_exabgp:
                good.append(line)
            for _ in range(_VARIANTS):
                yield _crossed(random.choice(good), random.choice(good), random)


def _crossed(line: str, other: str, random: Random) -> str:
    """A line with some words of another one between its own, or instead of some."""
    words, others = line.split(), random.choice([other, other, other, *_HAZARDS]).split()
    at, start = random.randrange(len(words) + 1), random.randrange(len(others) + 1)
    taken = others[start : start + random.randrange(4)]
    return " ".join([*words[:at], *taken, *words[at + random.choice([0, 0, len(taken), 1]) :]])


def _made(many: int, number: int) -> list[str]:
    made: list[str] = []

    @seed(number)
    @settings(
        max_examples=many, database=None, derandomize=False, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(_LINES)
    def collect(line: str) -> None:
        made.append(line)

    collect()
    return made


_SELECTOR = st.one_of(st.just(""), st.sampled_from(SELECTORS))
_VERB = st.sampled_from(["announce ", "withdraw "])
_SIGNAL = st.one_of(
    st.sampled_from(_SIGNALS),
    st.builds("announce {} {}".format, st.sampled_from(["eor", "route-refresh"]), st.sampled_from(_FAMILIES)),
)
_OTHER = st.builds("{}{}".format, _VERB, st.sampled_from(_OTHER_FAMILIES))
_GROUP = st.lists(st.builds("{}{}".format, _VERB, st.one_of(statements(), damaged())), min_size=1, max_size=3).map(
    lambda parts: f"group {' ; '.join(parts)}"
)
_ROUTE = st.builds("{}{}".format, _VERB, statements())
_DAMAGED_ROUTE = st.builds("{}{}".format, _VERB, damaged())


@st.composite
def _hit(draw: st.DrawFn) -> str:
    """A line hit in the middle."""
    line = draw(st.one_of(_ROUTE, _OTHER))
    at = draw(st.integers(0, len(line)))
    return line[:at] + draw(st.text("0123456789abcdefx[](){};,.:/-_*\"'\\#= \t", max_size=3)) + line[at:]


_LINES = st.one_of(
    *4 * [st.builds("{}{}".format, _SELECTOR, _ROUTE)],
    *3 * [st.builds("{}{}".format, _SELECTOR, _OTHER)],
    *3 * [st.builds("{}{}".format, _SELECTOR, damage(_OTHER))],
    *2 * [st.builds("{}{}".format, _SELECTOR, _SIGNAL)],
    *2 * [st.builds("{}{}".format, _SELECTOR, _DAMAGED_ROUTE)],
    st.builds("{}{}".format, _SELECTOR, st.one_of(damage(_SIGNAL), _hit())),
    st.builds("{}{}".format, st.sampled_from(SELECTORS), _GROUP),
    damage(st.builds("{}{}".format, st.sampled_from(SELECTORS), st.one_of(_SIGNAL, _OTHER, _ROUTE))),
    damage(st.sampled_from([line for line in corpora() if line.split()])),
    st.builds("{}{}".format, _VERB, st.lists(WORD, max_size=14).map(" ".join)),
)
