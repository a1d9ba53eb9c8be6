"""A line as bgp2vpc understands it, beside what the installed ExaBGPs do with it: where do they differ?

`python -m tests.exabgp_api.comparison [--lines N] [--seed N] [FILE …]`: generated lines, and those of files; exit 1 if
there is a difference that STRICTER and LOOSER do not have. `docs/protocol.md` lists the same for operators.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path as File
from random import Random

from bgp2vpc.bgp.events import Announce, Event, Withdraw
from bgp2vpc.bgp.path import SELF, Path
from bgp2vpc.exabgp_api.command import Answer, Command
from bgp2vpc.exabgp_api.line import parse
from tests.exabgp_api.exabgp_dispatcher import Dispatcher, LoopsForeverError, Outcome, dispatchers
from tests.exabgp_api.exabgp_routes import path_of

STRICTER: dict[str, str] = {
    r"path-information: ": "ExaBGP cuts a large number to 32 bits and packs any count of octets",
    r"community: '.*' is not a number": "ExaBGP lets 1:65536 run over into the other half",
    r"extended-community: '.*' is not 16 hex": "ExaBGP sends any number of octets, a malformed attribute",
    r"cluster-list: '.*' is not an IPv4 address": "ExaBGP sends 16 octets, a malformed attribute",
    r"label: ": "ExaBGP cuts a label to 20 bits",
    r"split: ": "ExaBGP would make millions of prefixes, or none of an impossible length",
    r"attribute: ": "ExaBGP sends codes and flags modulo 256, or dies of them",
    r"a comment cannot follow": "ExaBGP does not read on behind a '}' too many",
    r"the word 'nlri' and": "ExaBGP makes nothing of the statement, and something of the others",
    r"cannot share one line": "ExaBGP mixes the families in one malformed update",
    r"is no ipv[46] prefix": "ExaBGP sends it as the other family, a malformed update",
    r"next-hop is missing": "ExaBGP says done and announces nothing, or sends attributes without next hop: a reset",
    r"ExaBGP takes '.*' for a command": "ExaBGP does what the hidden command says",
    r"control character": "ExaBGP takes it as a part of a name",
    r"bgp-prefix-sid: ": "ExaBGP passes over numbers and brackets, and loops for ever if one is missing",
    r"unknown command|: unknown word .* 'route PREFIX": "ExaBGP looks for its commands anywhere: in 'xannounce route'",
    r"a closing . is missing": "4.2 passes over it behind the last ';', both behind a '}' too many",
    r"'\\x[01].*' is not a number": "ExaBGP's int() passes over white space of any kind",
    r"'/.*' must be a number": "ExaBGP takes /+8 and /0_8",
}
"""What our error says -> why we refuse a line that ExaBGP takes."""
STRICTER_THAN_42: dict[str, str] = {
    r"(?:as-path|aggregator) .*[-+_\\]": "signs and underscores in AS numbers",
    r"as-path .*[])]": "brackets that do not match",
}
"""What the line holds -> why we refuse what 4.2 takes and 5.0 does not."""
NOTHING_DONE: dict[str, str] = {
    "#": "where no other command is found, '#' anywhere makes a comment of the line",
    r".(?:announce|withdraw) watchdog|announce operational": "whatever stands before it",
}
"""What the line holds -> why we refuse what makes no route there, although it is answered with done."""
LOOSER: dict[str, str] = {
    r"^(?:neighbor|peer) (?!192\.0\.2\.254 |2001:db8::fe |\*)": "what neighbors ExaBGP has, only it knows",
    r"\{.*\blabel\b": "ExaBGP announces what has a label within braces as a unicast route, which it is not",
    r"ipv[46] unicast .*; *(?:multicast|nlri-mpls|mpls-vpn|mcast-vpn|mvpn|flow|flow-vpn|mup|rtc) ": "the same",
    r"announce operational ": "ExaBGP reads the rest, we do not",
    r"as-path \d": "4.2 and 6.0 take a bare number, 5.0 forgot it",
    r"^peer ": "6.0",
    r"[ \t](?:sync|async|text) *$": "6.0 takes these words behind every command",
    r"as-path \[[^]]*[\[(]": "4.2's set within a sequence, read as 4.2 does",
    r"^neighbor .* (?:local-ip|local-as|peer-as|router-id|family-allowed) ": "what neighbors ExaBGP has, only it knows",
}
"""What the line holds -> why we take a line that ExaBGP does not."""
_SKIPPED = re.compile(r"show |rib |session |system |daemon |api |ping|status|debug|help|version")


class Comparison:
    """Slow to make, quick to use."""

    def __init__(self) -> None:
        self.v42, self.v50 = dispatchers()

    def difference(self, line: str) -> str:
        """What differs, in words; empty if nothing does but for what the tables have."""
        ours = parse(line)
        if _is_of_its_own(ours, line):
            return ""
        of_50, of_42 = (self._outcome(dispatcher, line) for dispatcher in (self.v50, self.v42))
        if of_50 is None or of_42 is None or of_50.crash or of_42.crash:
            return f"passed on, and ends ExaBGP there, or loops for ever: {of_50} {of_42}" if ours.for_exabgp else ""
        newest = of_50 if _takes(of_50, line) or not _takes(of_42, line) else of_42
        if not _takes(newest, line):
            newest = of_50 if of_50.is_taken else of_42
        is_taken = ours.for_exabgp or ours.answer is Answer.DONE
        if is_taken and not _takes(newest, line) and _is_known(LOOSER, line):
            return ""
        if is_taken and newest.is_taken:
            return _differing(ours, newest, exactly=newest is of_50)
        if is_taken:
            # Of other families only ExaBGP knows what is right.
            return "" if _is_for_exabgp_only(ours) else "taken here, refused there"
        is_known = newest is of_42 and _is_known(STRICTER_THAN_42, f"{line} {ours.error}")
        return "" if is_known or not _takes(newest, line) else f"refused here, taken there: {ours.error}"

    def _outcome(self, dispatcher: Dispatcher, line: str) -> Outcome | None:
        try:
            return dispatcher.read(line)
        except LoopsForeverError:
            return None


def _is_of_its_own(ours: Command, line: str) -> bool:
    """What is not to be compared.

    Questions are answered here. To an empty line ExaBGP says error, and it announces what `#announce route` says.
    """
    is_question = ours.reply or ours.acks or _SKIPPED.match(line.strip()) or "ExaBGP's operator" in ours.error
    is_refused_on_purpose = ours.answer is Answer.ERROR and not ours.for_exabgp and _is_known(STRICTER, ours.error)
    return ours.line[:1] in ("", "#") or bool(is_question) or is_refused_on_purpose


def _takes(outcome: Outcome, line: str) -> bool:
    """Whether it is done, and more than an answer."""
    return outcome.is_taken and bool(outcome.changes or outcome.told or not _is_known(NOTHING_DONE, line))


def _is_known(table: Iterable[str], text: str) -> bool:
    return any(re.search(pattern, text) for pattern in table)


def _is_for_exabgp_only(command: Command) -> bool:
    return not command.events and "for ExaBGP only" in command.error


def _differing(ours: Command, theirs: Outcome, *, exactly: bool) -> str:
    """`exactly`: not only prefix, next hop and MED, but every attribute."""
    expected = [event for verb, change in theirs.changes if (event := _event(verb, path_of(change)))]
    events = [each for each in ours.events if isinstance(each, Announce | Withdraw)]
    if "{" in ours.line and "label" in ours.line:
        return ""  # see LOOSER
    if not exactly:
        expected, events = [_cut(each) for each in expected], [_cut(each) for each in events]
    made = [_comparable(each) for each in events]
    return "" if made == [_comparable(each) for each in expected] else f"here {made}, there {expected}"


def _event(verb: str, path: Path | None) -> Event | None:
    """None: it is no route of a VPC."""
    if path is None:
        return None
    if verb == "withdraw":
        return Withdraw(path.prefix, path.path_id)
    is_other = path.next_hop is not SELF and path.next_hop.version != path.prefix.version
    return None if is_other else Announce(path)


def _comparable(event: Event) -> Event:
    if not isinstance(event, Announce) or not event.path.attributes.prefix_sid:
        return event
    return Announce(replace(event.path, attributes=replace(event.path.attributes, prefix_sid="given")))


def _cut(event: Event) -> object:
    if not isinstance(event, Announce):
        return event
    path = event.path
    return path.prefix, path.next_hop, path.path_id, path.attributes.med, path.attributes.local_preference


BASES = (
    "announce route 192.0.2.1/32 next-hop self med 5",
    "announce route 192.0.2.1/32 next-hop self community [ 65000:1 no-export ] as-path [ 65000 ] ( 1 2 )",
    "announce route 192.0.2.1/32 next-hop 192.0.2.9 name web large-community [1:2:3] aggregator (65000:192.0.2.9)",
    "announce route 192.0.2.1/32 { next-hop self; med 5; community [ 1:2 3:4 ]; }",
    "announce route 192.0.2.1 next-hop self; route 192.0.2.2/32 next-hop self med 7;",
    "announce route 192.0.2.0/30 next-hop self split /32 bgp-prefix-sid [ 300, [ ( 800000,100 ) ] ]",
    "announce route 224.0.0.0/24 next-hop self; route 192.0.2.1 next-hop self",
    "announce route 192.0.2.1/32 next-hop self attribute [ 0x04 0x80 0x00000009 ] med 5 watchdog dog withdraw",
    "announce attributes med 5 next-hop self extended-community target:1:2 nlri 192.0.2.1/32 192.0.2.2/32",
    "announce attribute next-hop 2001:db8::1 aigp 7 originator-id 192.0.2.7 cluster-list [ 192.0.2.8 ] nlri 2001:db8::",
    "announce ipv4 unicast 192.0.2.1/32 next-hop self local-preference 200 path-information 7",
    "announce ipv6 unicast 2001:db8::1/128 next-hop 2001:db8::2 origin egp; unicast 2001:db8::2/128 next-hop self",
    "withdraw route 192.0.2.1/32 next-hop self path-information 0.0.0.7",
    "withdraw attributes next-hop self nlri 192.0.2.1/32 192.0.2.2",
    "withdraw ipv6 unicast 2001:db8::1/128",
    "neighbor 192.0.2.254, neighbor 2001:db8::fe announce route 192.0.2.1/32 next-hop self",
    "neighbor * withdraw route 192.0.2.1/32",
    "announce eor ipv4 unicast",
    "announce route-refresh ipv6 unicast",
    "announce watchdog dog",
    "announce flow route { match { source 10.0.0.0/24; } then { discard; } }",
    "announce route 192.0.2.1/32 rd 65000:1 label [ 100 ] next-hop self",
)
"""Lines to do something to."""
PIECES = (
    *"[](){},;#\"'\\ \t\r\v/:.-+_=*",
    *(f"\\{character}" for character in "nrtbfu\\\"';,#[]( x"),
    *("\\u0020", "\\u003b", "\\u0031", '""', "''", "; ", " ;", " ; ; ", "} ", "{ ", ", ", " , ,", "  ", "0x", "1_0"),
    *("self", "next-hop", "med", "name", "nlri", "split /31", "224.0.0.0/8", "192.0.2.3", "::1", "neighbor", "+1"),
    *("route", "label 5", "as-path 1", "as-path [ 1 ( 2 ) ]", "attribute", "community [ ]", "bgp-prefix-sid [ 1 ]"),
    *("announce", "withdraw route", "# x"),
)
"""What may come into the midst of one, or instead of some of it."""


EXTRAS = (
    *("med 7", "local-preference 0x5", "local-preference 9", "origin incomplete", "atomic-aggregate", "watchdog dog"),
    *("community [ 1:2 no-export ]", "community 0x00010002", "large-community 1:2:3", "large-community [ 1:+2:3_0 ]"),
    *("extended-community [ target:1:2 origin:192.0.2.7:3 ]", "aigp 0x10", "aigp 1_0", "originator-id 192.0.2.7"),
    *("as-path [ 1 2.3 ]", "as-path (1,2)", "as-path [ ]", "cluster-list 192.0.2.8", "aggregator (1:192.0.2.9)"),
    *("attribute [ 0x04 0x80 0x00000009 ]", "attribute [ 0x08 0xc0 0x00010002 ]", "attribute [ 0x63 0xc0 0x01 ]"),
    *("attribute [ 0x01 0x40 0x02 ]", "attribute [ 0x05 0x40 0x00000009 ]", "attribute [ 0x03 0x40 0xc0000209 ]"),
    *("next-hop self", "next-hop 192.0.2.9", "path-information 9", "split /32", "split /31", "name x", "withdraw"),
    *("bgp-prefix-sid [ 5 ]", "label 5", "rd 1:2", "name 'a;b'", 'name "[x], # y"', "name a\\;b", "name \\u0061"),
)
"""Attributes to add to a line."""


def generated(many: int, seed: int) -> Iterator[str]:
    """Lines said in other ways, with more attributes and statements; and some with pieces where they do not belong."""
    random = Random(seed)
    for _ in range(many):
        line = random.choice(BASES)
        for _ in range(random.randrange(1, 4)):
            line = _varied(line, random)
        for _ in range(random.choice([0, 0, 0, 1, 2])):
            line = _damaged(line, random)
        yield line


def _varied(line: str, random: Random) -> str:
    """Something that mostly leaves it correct."""
    words = line.split(" ")
    at = random.randrange(len(words))
    match random.randrange(7):
        case 0 | 1:
            verb = next((at for at, word in enumerate(words) if word in ("announce", "withdraw")), 0)
            words.insert(min(len(words), verb + random.randrange(3, 6)), random.choice(EXTRAS))
        case 2:
            words.append(random.choice(EXTRAS))
        case 3:
            words[at] = random.choice(["{}\\t", "{}\\n", " {} ", "\t{}", '"{}"', "'{}'", "{}\\", "\\ {}"]).format(
                words[at]
            )
        case 4:
            start = random.randrange(len(words[at]) + 1)
            words[at] = f"{words[at][:start]}\\{words[at][start:]}"
        case 5:
            words.append(random.choice([";", "\\n", "\\", "; # x", ";#", "}", "sync", "\\;"]))
        case _:
            words[-1] += random.choice(["; ", " ; ", ";", "\\;"]) + random.choice(BASES).partition(" ")[2]
    return " ".join(words)


def _damaged(line: str, random: Random) -> str:
    """Something that mostly does not."""
    words = line.split()
    at = random.randrange(len(words))
    piece = random.choice(PIECES)
    match random.randrange(5):
        case 0:
            return _within(line, piece, random)
        case 1:
            words.insert(at, piece)
        case 2:
            words[at] = piece
        case 3 if len(words) > 1:
            del words[at]
        case _:
            words[at:] = random.choice(BASES).split()[-random.randrange(1, 5) :]
    return " ".join(words)


def _within(line: str, piece: str, random: Random) -> str:
    start = random.randrange(len(line) + 1)
    return line[:start] + piece + line[start + random.choice([0, 0, 1]) :]


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.exabgp_api.comparison", description=__doc__)
    parser.add_argument("files", nargs="*", type=File, metavar="FILE")
    parser.add_argument("--lines", type=int, default=20_000, metavar="N", help="made ones (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    comparison, found, count = Comparison(), Counter[str](), 0
    of_files = [line for file in arguments.files for line in file.read_text("latin-1").splitlines()]
    for line in dict.fromkeys([*of_files, *generated(arguments.lines, arguments.seed)]):
        count += 1
        if line.isascii() and (what := comparison.difference(line)):
            found[what.partition(":")[0]] += 1
            print(f"{line}\n    {what}")
    print(f"{count} lines, {found.total()} differences {dict(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
