"""The configuration that is written for ExaBGP: both majors accept it, and it says what was meant."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bgp2vpc.bgp.mesh import MeshPeer, Speaker, neighbors
from bgp2vpc.exabgp_api.conf import NotAWord, render, resets_sessions
from bgp2vpc.prefix import parse_address as address

ROOT = Path(__file__).parents[2]
VALIDATE = {
    "5.0": [ROOT / ".venv/bin/exabgp", "validate"],
    "4.2": [ROOT / ".venv-exabgp42/bin/exabgp", "--test"],
}
HELPER = (str(ROOT / ".venv/bin/bgp2vpc"), "helper", "-f", "/etc/bgp2vpc.yaml")
OWN4, OWN6 = address("10.0.0.5"), address("2001:db8::5")
ONE, BOTH = Speaker(64512, OWN4, (OWN4,)), Speaker(4200000000, OWN4, (OWN4, OWN6))

ROUTER = MeshPeer(address("10.1.0.1"), 65000, "datacenter router 1/2: a.b@c_d-e")
MEMBERS = (MeshPeer(address("10.0.0.2"), description="i-0123456789abcdef0"), MeshPeer(address("10.0.0.9")))


def rendered(speaker: Speaker, peers: Sequence[MeshPeer], *, grows: bool = False, hold_time: int = 3) -> str:
    found = neighbors(speaker, peers, ())
    return render(speaker, found, helper=HELPER, file="/etc/bgp2vpc.yaml", hold_time=hold_time, grows=grows)


FILES = {
    "mesh and router": rendered(ONE, [ROUTER, *MEMBERS]),
    "nobody yet": rendered(ONE, [], grows=True),
    "nobody at all": rendered(ONE, []),
    "router only": rendered(ONE, [ROUTER]),
    "router that connects": rendered(ONE, [MeshPeer(address("10.1.0.1"), 65000, passive=True)]),
    "another port": rendered(replace(ONE, port=1790), [ROUTER, *MEMBERS, MeshPeer(address("10.0.0.3"), port=1179)]),
    "another port, nobody yet": rendered(replace(ONE, port=1790), [], grows=True),
    "both families": rendered(BOTH, [ROUTER, *MEMBERS, MeshPeer(address("2001:db8::9"))], hold_time=90),
    "both families, nobody yet": rendered(BOTH, [], grows=True),
    "a thousand": rendered(ONE, [MeshPeer(address(f"10.2.{n // 250}.{n % 250 + 1}")) for n in range(1000)]),
}


@pytest.mark.io
@pytest.mark.parametrize("version", VALIDATE)
@pytest.mark.parametrize("name", FILES)
def test_exabgp_accepts(version: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "exabgp.conf"
    path.write_text(FILES[name], "utf-8")
    result = subprocess.run([*VALIDATE[version], path], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def sections(text: str) -> dict[str, list[str]]:
    found = re.findall(r"^neighbor (\S+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    return {name: [line.strip() for line in body.splitlines()] for name, body in found}


def test_a_member_with_a_lower_address_is_waited_for() -> None:
    found = sections(FILES["mesh and router"])
    assert list(found) == ["10.0.0.2", "10.0.0.9", "10.1.0.1"]
    assert found["10.0.0.2"] == [
        "inherit bgp2vpc;",
        "local-address 10.0.0.5;",
        "peer-as 64512;",
        'description "i-0123456789abcdef0";',
        "passive true;",
        "listen 179;",
        "family {",
        "ipv4 unicast;",
        "}",
    ]
    assert "passive true;" not in found["10.0.0.9"]
    assert "listen 179;" in found["10.0.0.9"]


def test_a_router_is_connected_to_unless_told_otherwise() -> None:
    (router,) = sections(FILES["router only"]).values()
    assert "peer-as 65000;" in router
    assert not {"passive true;", "listen 179;"} & set(router)
    (waited_for,) = sections(FILES["router that connects"]).values()
    assert {"passive true;", "listen 179;"} < set(waited_for)


def test_sessions_within_our_as_use_the_port_of_the_mesh_and_routers_their_own() -> None:
    found = sections(FILES["another port"])
    ports = {name: [line for line in lines if line.startswith(("listen", "connect"))] for name, lines in found.items()}
    assert ports == {
        "10.0.0.2": ["listen 1790;"],
        "10.0.0.3": ["listen 1179;"],
        "10.0.0.9": ["listen 1790;", "connect 1790;"],
        "10.1.0.1": [],
    }
    (nobody,) = sections(FILES["another port, nobody yet"]).values()
    assert "listen 1790;" in nobody


def test_where_members_may_come_exabgp_listens_from_the_start() -> None:
    assert list(sections(FILES["nobody yet"])) == ["127.0.0.1"]
    assert list(sections(FILES["both families, nobody yet"])) == ["127.0.0.1", "::1"]
    assert list(sections(rendered(ONE, [ROUTER], grows=True))) == ["10.1.0.1", "127.0.0.1"]
    assert list(sections(rendered(ONE, MEMBERS, grows=True))) == ["10.0.0.2", "10.0.0.9"]


def test_the_same_wish_gives_the_same_text() -> None:
    assert rendered(ONE, [ROUTER, *MEMBERS]) == rendered(ONE, [*MEMBERS, ROUTER])


@pytest.mark.parametrize("word", ["/opt/my programs/bgp2vpc", "a;b", "a{", 'a"b', "", "a\nb", "$HOME/x", "#"])
def test_a_command_that_exabgps_configuration_cannot_hold_is_refused(word: str) -> None:
    with pytest.raises(NotAWord):
        render(ONE, (), helper=(word, "helper"), file="f", hold_time=3, grows=False)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (rendered(ONE, [ROUTER, *MEMBERS]), False),
        (rendered(ONE, [ROUTER, *MEMBERS, MeshPeer(address("10.0.0.3"))]), False),
        (rendered(ONE, MEMBERS), False),
        (rendered(ONE, [ROUTER, replace(MEMBERS[0], description="another instance"), MEMBERS[1]]), False),
        (rendered(ONE, [ROUTER, *MEMBERS]).replace("# A helper", "# Some helper"), False),
        (rendered(ONE, [ROUTER, *MEMBERS], hold_time=6), True),
        (rendered(replace(ONE, router_id=OWN4 + 1), [ROUTER, *MEMBERS]), True),
        (rendered(replace(ONE, addresses=(OWN4 + 1,)), [ROUTER, *MEMBERS]), True),
        (rendered(ONE, [replace(ROUTER, passive=True), *MEMBERS]), True),
    ],
)
def test_only_another_setting_of_a_neighbor_that_stays_resets_sessions(after: str, *, expected: bool) -> None:
    assert resets_sessions(rendered(ONE, [ROUTER, *MEMBERS]), after) is expected
