"""The files of these tests and of AWSnycast's documentation, as a user tries them before anything else."""

from pathlib import Path

import pytest
import test_awsnycast_anycast_pair as pair
import test_awsnycast_ha_nat as nat
from awsnycast_kit import all_of, build, filled, writes
from site_kit import Site

from bgp2vpc.demo.cloud.client import Cloud

DOCUMENTED = (Path(__file__).parents[1] / "config" / "data" / "valid-awsnycast.yaml").read_text()
CLASSIC = filled(nat.CLASSIC, zone="us-east-1a", well="/run/well")
FILES = {
    "nat": CLASSIC,
    "nat-self-az": filled(nat.CLASSIC, zone="SELF_AZ", well="/run/well"),
    "nat-by-az": filled(nat.BY_AZ, well="/run/well"),
    "anycast": filled(pair.TEXT, address="192.0.2.53", port=53),
    "documented": DOCUMENTED,
}
GONE = "AWSnycast bugs that do not apply here: one table's error kept all others from being written"


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_check_accepts_awsnycasts_files_and_says_in_one_line_what_no_longer_bites(site: Site, text: str) -> None:
    site.file.write_text(text)
    answer = site.command("check", "-f", str(site.file))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith(f"{site.file}: ok; rules: ")
    notes = [line for line in answer.stderr.splitlines() if f"{site.file}: note: " in line]
    assert all("note: `if_unhealthy` without `bgp`" in note for note in notes[1:])
    assert notes[0].startswith(f"{site.file}: note: {GONE}; ")
    others = [line for line in answer.stderr.splitlines() if line not in notes]
    assert all(line.endswith(" (warning)") for line in others)
    # Quick commands without a time-out of their own are named; what else there is to say is about that one file.
    hurried = [line for line in others if ".timeout: the command has " in line]
    assert bool(hurried) is ("type: command" in text and text is not DOCUMENTED)
    assert (len(others) > len(hurried)) is (text is DOCUMENTED)


def test_the_documented_file_runs(cloud: Cloud, make_site) -> None:
    """Its table has no such tag, its other instance is not there: so no more than one route, in one table."""
    world = build(cloud, tables_per_zone=2)
    site: Site = make_site(world.hosts[0])
    ours = world.tables[1]
    cloud.ec2.create_tags(Resources=[ours], Tags=[{"Key": "az", "Value": "eu-west-1a"}, {"Key": "type", "Value": "1"}])
    site.file.write_text(f"{DOCUMENTED}\nsocket: {site.socket}\n")
    site.start("-oneshot", wait=False)
    assert site.ended() == 0
    us = site.host.interface_id
    wanted = [line for cidr in ("0.0.0.0/0", "192.0.2.80/32") for line in all_of("CreateRoute", [ours], cidr, us)]
    assert writes(cloud) == sorted(wanted)
