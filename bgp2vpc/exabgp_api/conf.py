"""Writes ExaBGP's configuration file, for 4.2 and 5.0 alike: the neighbors, and bgp2vpc as their helper process."""

import re
from collections.abc import Sequence
from typing import Final

from bgp2vpc.bgp.mesh import BGP_PORT, Neighbor, Speaker
from bgp2vpc.prefix import parse_address

_WORD: Final = re.compile(r"[\w./:@%+=,-]+", re.ASCII)
_NOBODY: Final = {4: parse_address("127.0.0.1"), 6: parse_address("::1")}

_HEAD: Final = """\
# Written by bgp2vpc from the `bgp:` section of {file}: changes are lost.

process bgp2vpc {{
    run {run};
    encoder json;
}}

template {{
    neighbor bgp2vpc {{
        router-id {speaker.router_id};
        local-as {speaker.asn};
        hold-time {hold_time};
        # A helper that is started again learns from adj-rib-in what the peers have announced. Not by route-refresh:
        # asked for that, ExaBGP 4.2 resets the session. No graceful-restart: who is gone shall lose its routes at once.
        adj-rib-in true;
        adj-rib-out true;
        api hearing {{
            processes [ bgp2vpc ];
            neighbor-changes;
            receive {{
                parsed;
                open;
                keepalive;
                update;
                notification;
            }}
        }}
    }}
}}
"""
_NEIGHBOR: Final = """
{comment}neighbor {address} {{
    inherit bgp2vpc;
    local-address {local_address};
    peer-as {peer_as};
{options}    family {{
        ipv{address.version} unicast;
    }}
}}
"""
_LATER: Final = (
    "# Nobody: has ExaBGP listen from the start, while it may, and takes announcements while there are no others.\n"
)


_NOT_COMPARED: Final = re.compile(r'^ *(#.*|description ".*";)\n', re.MULTILINE)
_SECTION: Final = re.compile(r"^(template|neighbor \S+) \{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)


class NotAWord(ValueError):
    """A program or argument that cannot be written in ExaBGP's configuration."""


def render(
    speaker: Speaker, neighbors: Sequence[Neighbor], *, helper: Sequence[str], file: str, hold_time: int, grows: bool
) -> str:
    """The text of the file. `helper`: the command line of bgp2vpc. `file`: our configuration file, named in a comment.

    `hold_time`: seconds. `grows`: mesh members may be added later. ExaBGP binds its port at its start, before it drops
    root, and without a neighbor refuses every announcement; so a placeholder neighbor is added to each local address
    that no internal neighbor uses, if `grows` or there are no neighbors. Raises NotAWord.
    """
    for word in helper:
        if not _WORD.fullmatch(word):
            raise NotAWord(f"'{word}' cannot stand in ExaBGP's configuration: only letters, digits and ./:@%+=,-_ can")
    text = _HEAD.format(speaker=speaker, run=" ".join(helper), file=file, hold_time=hold_time)
    text += "".join(map(_neighbor, neighbors))
    for local in speaker.addresses:
        listened = any(each.internal and each.local_address == local for each in neighbors)
        if (grows or not neighbors) and not listened:
            nobody = Neighbor(
                _NOBODY[local.version], local, speaker.asn, internal=True, passive=True, port=speaker.port
            )
            text += _neighbor(nobody, _LATER)
    return text


def resets_sessions(before: str, after: str) -> bool:
    """Whether an ExaBGP that reads the file `after` in place of `before` ends sessions with neighbors of both.

    It does so where a setting of the session has changed, such as the hold time. Both are texts of `render`.
    """
    old, new = (dict(_SECTION.findall(_NOT_COMPARED.sub("", text))) for text in (before, after))
    return any(old[name] != new[name] for name in old.keys() & new.keys())


def _neighbor(neighbor: Neighbor, comment: str = "") -> str:
    options = [f'description "{neighbor.description}"'] if neighbor.description else []
    options += ["passive true"] if neighbor.passive else []
    # Both ends of a mesh session listen, so that an end that becomes passive later need not bind the port then.
    options += [f"listen {neighbor.port}"] if neighbor.internal or neighbor.passive else []
    options += [f"connect {neighbor.port}"] if neighbor.port != BGP_PORT and not neighbor.passive else []
    return _NEIGHBOR.format(
        comment=comment,
        address=neighbor.address,
        local_address=neighbor.local_address,
        peer_as=neighbor.peer_as,
        options="".join(f"    {option};\n" for option in options),
    )
