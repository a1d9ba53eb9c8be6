"""Lines of scripts and of ExaBGP, made of correct ones. The same `Random` makes the same lines."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from random import Random
from typing import Any

from bgp2vpc.exabgp_api.line import parse

DATA = Path(__file__).parents[1] / "exabgp_api/data"
SAID, HEARD = " > ", " < "
"""What a helper wrote, and what ExaBGP wrote to it, in the records of `captures`."""
WORDS = """
    announce withdraw neighbor peer * route ipv4 ipv6 unicast multicast attributes attribute nlri next-hop self split
    eor route-refresh group json sync async text show neighbor summary adj-rib out in flush clear reset version help
    shutdown reload restart enable-ack disable-ack silence-ack med local-preference origin igp egp incomplete as-path
    community large-community extended-community aggregator atomic-aggregate originator-id cluster-list aigp name
    watchdog withdraw label rd path-information bgp-prefix-sid flow vpls evpn target: origin: redirect: no-export
    local-ip local-as peer-as router-id family-allowed in-open session ack rib received updates send receive up down
    connected header body done error state notification open keepalive operational negotiated
""".split()  # noqa: SIM905
VALUES = """
    0 1 -1 255 256 500 1000 65535 65536 4294967295 4294967296 18446744073709551616 1e3 0x 0x0 0xff 0xFFFFFFFFFFFFFFFFFF
    1.2 1.2.3 0.0.0.0 0.0.0.0/0 10.0.0.1/24 10.0.0.0/33 192.0.2.1 192.0.2.1/32 192.0.2.300 192.0.2.0/-1 224.0.0.1 ::
    ::/0 ::1 2001:db8::1/128 2001:db8::1/129 2001:db8::/64 fe80::1%eth0 ::ffff:192.0.2.1 1:2 65536:1 1:65536 1:2:3
    4294967296:1:1 64512 64512:53 /32 / /0 /129 [ ] ( ) [] () { } {} , ; : " ' \\ # ! = -- - . .. None null true NaN
    Infinity é
""".split()  # noqa: SIM905
VALUES += ["", "\xff", "\x00", "\t", "\x1b[2J", "'a b'"]
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 256, 65536, 2**32, 2**64, -(2**63), 1.5, float("inf"), float("nan"), "", " ", "null",
    "0", "self", "192.0.2.1", "192.0.2.0/24", "::1", "2001:db8::/129", "no-nexthop", "received", "ipv4 unicast", [], {},
    [[]], [{}], {"": {}}, [None], "\x00", "\ud800", "é" * 20, "9" * 5000,
)  # fmt: skip
CHARACTERS = "0123456789abcdefx[](){};,.:/-_*\"'\\#= \t\x00\x1b\x7f\xe9"


@cache
def of_scripts() -> tuple[str, ...]:
    """What helpers said, and what was tried on ExaBGP."""
    commands = [line for line, _ in json.loads((DATA / "commands.json").read_text("ascii"))]
    healthchecks = (DATA / "healthcheck-lines.txt").read_text("ascii").splitlines()
    more = [
        "announce route 192.0.2.53/32 next-hop self med 100 community [ 64512:53 no-export ] as-path [ 64512 64513 ]",
        "announce ipv6 unicast 2001:db8:53::53/128 next-hop self local-preference 200 origin igp",
        "announce attributes next-hop self med 10 large-community [ 1:2:3 ] nlri 192.0.2.0/25 192.0.2.128/25",
        "announce route 192.0.2.0/24 split /26 next-hop 10.0.0.10 extended-community [ target:64512:1 ]",
        "announce route 192.0.2.1/32 { next-hop self; med 5; aggregator ( 64512:192.0.2.1 ); atomic-aggregate; }",
        "neighbor 192.0.2.1, neighbor 192.0.2.2 withdraw route 192.0.2.53/32 next-hop self",
        "peer [192.0.2.1, 192.0.2.2] group announce route 192.0.2.1 next-hop self ; withdraw route 192.0.2.2",
        "announce route 192.0.2.9/32 next-hop self attribute [ 0x99 0xc0 0x0102 ] aigp 0x10 path-information 7",
    ]
    return tuple(dict.fromkeys([*commands, *healthchecks, *_records(SAID), *more]))


@cache
def of_exabgp() -> tuple[str, ...]:
    """What ExaBGP 4.2, 5.0 and 6.0 told their helpers, in both encodings."""
    return tuple(dict.fromkeys(_records(HEARD)))


@cache
def _routes() -> tuple[str, ...]:
    return tuple(line for line in of_scripts() if parse(line).events)


@cache
def _trees() -> tuple[str, ...]:
    found = []
    for line in of_exabgp():
        with suppress(ValueError):  # not all that ExaBGP says is JSON that looks so
            found.append(line if isinstance(json.loads(line), dict) else "{}")
    return tuple(found)


def _records(mark: str) -> list[str]:
    files = sorted(DATA.glob("captures/*/*.io"))
    records = (record.partition(mark) for file in files for record in file.read_text("ascii").splitlines())
    return [line for when, _, line in records if when.strip().replace(".", "").isdigit()]


def script_lines(random: Random) -> Iterator[bytes]:
    """Lines of scripts without end, as bytes: new ones of the grammar, and these and recorded ones that are damaged."""
    corpus, routes = of_scripts(), _routes()
    while True:
        if random.random() < 0.3:
            yield _statement(random).encode("ascii")
            continue
        line = _statement(random) if random.random() < 0.3 else random.choice(random.choice((corpus, routes, routes)))
        yield _damaged(line, random.choice(random.choice((corpus, routes))), random).encode("latin-1", "replace")


def _statement(random: Random) -> str:
    """A line that announces or withdraws routes, as the grammar has it."""

    def number(bits: int) -> int:
        return random.choice((random.getrandbits(bits), random.getrandbits(7), (1 << bits) - 1))

    def many(make: Callable[[], object]) -> str:
        return f"[ {' '.join(str(make()) for _ in range(random.randrange(1, 4)))} ]"

    def ipv4() -> str:
        return ".".join(str(random.getrandbits(8)) for _ in range(4))

    def prefix() -> str:
        width = 128 if is_ipv6 else 32
        length = random.randrange(width + 1)
        host = width - length
        return str((IPv6Address if is_ipv6 else IPv4Address)(random.getrandbits(width) >> host << host)) + f"/{length}"

    is_ipv6 = random.random() < 0.3
    attributes = (
        lambda: f"med {number(32)}",
        lambda: f"local-preference {number(32)}",
        lambda: f"origin {random.choice(('igp', 'egp', 'incomplete'))}",
        lambda: f"as-path {many(lambda: number(32))}",
        lambda: f"community {many(lambda: f'{number(16)}:{number(16)}')}",
        lambda: f"large-community {many(lambda: f'{number(32)}:{number(32)}:{number(32)}')}",
        lambda: f"extended-community {many(lambda: f'target:{number(16)}:{number(32)}')}",
        lambda: f"aggregator ( {number(32)}:{ipv4()} )",
        lambda: f"cluster-list {many(ipv4)}",
        lambda: f"originator-id {ipv4()}",
        lambda: f"aigp {number(64)}",
        lambda: f"path-information {number(32)}",
        lambda: f"attribute [ 0x{number(8):02x} 0x{number(8):02x} 0x{number(32):08x} ]",
    )
    words = [each() for each in random.sample(attributes, random.randrange(5))]
    words.insert(random.randrange(len(words) + 1), "next-hop self" if is_ipv6 else f"next-hop {ipv4()}")
    what, told, family = prefix(), " ".join(words), f"ipv{6 if is_ipv6 else 4}"
    statement = random.choice((
        f"route {what} {told}", f"{family} unicast {what} {told}", f"route {what} {{ {'; '.join(words)}; }}",
        f"attributes {told} nlri {what} {prefix()}",
    ))  # fmt: skip
    selector = random.choice(("", "", "", "neighbor * ", f"neighbor {ipv4()}, neighbor {ipv4()} ", "peer * "))
    return f"{selector}{random.choice(('announce', 'announce', 'withdraw'))} {statement}"


def exabgp_lines(random: Random) -> Iterator[str]:
    """Lines of ExaBGP without end."""
    corpus, trees = of_exabgp(), _trees()
    while True:
        if random.random() < 0.5:
            yield _changed_tree(random.choice(trees), random)
        else:
            yield _damaged(random.choice(corpus), random.choice(corpus), random)


def _damaged(line: str, other: str, random: Random) -> str:
    """The line with one to four things done to it; `other` lends some of its words."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 4))):
        line = random.choice(_DAMAGES)(line, other, random)
    return line


def _words(line: str, other: str, random: Random) -> str:
    words = line.split(" ")
    at, end = sorted((random.randrange(len(words) + 1), random.randrange(len(words) + 1)))
    others = other.split(" ")
    start = random.randrange(len(others))
    lent = others[start : start + random.randrange(1, 4)]
    what = random.random()
    if what < 0.3:
        words[at : at + 1] = [random.choice(VALUES)]
    elif what < 0.45:
        words[at : at + 1] = [random.choice(WORDS)]
    elif what < 0.6:
        words[at:at] = lent
    elif what < 0.75:
        words[at : at + len(lent)] = lent
    elif what < 0.85:
        del words[at : max(end, at + 1)]
    elif what < 0.95:
        words[at:at] = words[at:end]
    else:
        words[at:end] = reversed(words[at:end])
    return " ".join(words)


def _characters(line: str, _: str, random: Random) -> str:
    at = random.randrange(len(line) + 1)
    what = random.random()
    if what < 0.4:
        return line[:at] + random.choice(CHARACTERS) + line[at + 1 :]
    if what < 0.7:
        return line[:at] + random.choice(CHARACTERS) * random.choice((1, 1, 2, 3, 50)) + line[at:]
    if what < 0.9:
        return line[:at] + line[at + random.choice((1, 1, 2, 3)) :]
    return line[:at]


def _number(line: str, _: str, random: Random) -> str:
    words = line.split(" ")
    numbers = [at for at, word in enumerate(words) if any(each.isdigit() for each in word)]
    if numbers:
        words[random.choice(numbers)] = random.choice(VALUES)
    return " ".join(words)


def _much(line: str, other: str, random: Random) -> str:
    """Rarely, as it takes long: far too much of something."""
    if random.random() < 0.995:
        return _words(line, other, random)
    word = random.choice((*WORDS, *VALUES, "{", "[", "(", f"{line} "))
    at = random.randrange(len(line) + 1)
    return line[:at] + word * random.choice((100, 1000, 5000)) + line[at:]


_DAMAGES: tuple[Callable[[str, str, Random], str], ...] = (_words, _words, _words, _characters, _number, _much)


def _changed_tree(line: str, random: Random) -> str:
    """A JSON line in which some values are others, or are gone, or stand elsewhere."""
    tree = json.loads(line)
    for _ in range(random.choice((1, 1, 2, 3))):
        holder, key = _somewhere(tree, random)
        if holder is None:
            continue
        what = random.random()
        if what < 0.5:
            holder[key] = deepcopy(random.choice(JUNK))
        elif what < 0.65:
            del holder[key]
        elif what < 0.8:
            other, its = _somewhere(tree, random)
            if other is not None:
                holder[key] = json.loads(json.dumps(other[its]))
        elif isinstance(holder, dict):
            holder[random.choice(WORDS + VALUES)] = holder.pop(key)
        else:
            holder.insert(0, deepcopy(random.choice(JUNK)))
    return json.dumps(tree)


def _somewhere(tree: Any, random: Random) -> tuple[Any, Any]:
    """A container of the tree and a key of it; None: it has none."""
    holder, key = None, None
    here = tree
    while isinstance(here, dict | list) and here:
        holder, key = here, random.choice(list(here)) if isinstance(here, dict) else random.randrange(len(here))
        if random.random() < 0.25:
            break
        here = here[key]
    return holder, key
