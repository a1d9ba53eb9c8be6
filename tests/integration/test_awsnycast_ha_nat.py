"""AWSnycast's classic: two NAT instances in two zones, each with the default route of its own zone, and of the other's
while that one is dead.
"""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from awsnycast_kit import POLL, all_of, build, filled, wait_for_polls, wait_for_verdicts, write, writes

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import CloudHost

DEFAULT = "0.0.0.0/0"

# As in AWSnycast's README, but for the check: it looks for a file, where that one pings 8.8.8.8.
CLASSIC = """
healthchecks:
  public:
    type: command
    destination: 8.8.8.8
    rise: 2
    fall: 3
    every: 0.1
    config:
      command: test
      arguments: [-e, $well]
routetables:
  # This is our zone: always take its route.
  my_az:
    find:
      type: and
      config:
        filters:
          - type: by_tag
            config:
              key: az
              value: $zone
          - type: by_tag
            config:
              key: type
              value: private
    manage_routes:
      - cidr: 0.0.0.0/0
        instance: SELF
        healthcheck: public
        never_delete: true
  # This is not our zone: take its route only if there is none, or the instance that has it is dead.
  other_azs:
    find:
      type: and
      config:
        filters:
          - type: by_tag
            not: true
            config:
              key: az
              value: $zone
          - type: by_tag
            config:
              key: type
              value: private
    manage_routes:
      - cidr: 0.0.0.0/0
        if_unhealthy: true
        instance: SELF
        healthcheck: public
        never_delete: true
"""
# One file for both hosts, and no tags that say what EC2 knows.
BY_AZ = """
healthchecks:
  public: {type: command, destination: 8.8.8.8, every: "0.1", config: {command: test, arguments: [-e, $well]}}
route_tables:
  my_az:
    find: {type: and, config: [{type: by_az, config: {az: SELF}}, {type: by_tag, config: {key: type, value: private}}]}
    manage_routes: [{cidr: 0.0.0.0/0, healthcheck: public, never_delete: "true"}]
  other_azs:
    find:
      type: and
      config:
        - {type: by_az, not: true, config: SELF}
        - {type: by_tag, config: {key: type, value: private}}
    manage_routes: [{cidr: 0.0.0.0/0, healthcheck: public, if_unhealthy: true, never_delete: true}]
"""


def classic(host: CloudHost) -> str:
    return CLASSIC.replace("$zone", host.zone)


def self_az(_: CloudHost) -> str:
    return CLASSIC.replace("$zone", "SELF_AZ")


def by_az(_: CloudHost) -> str:
    return BY_AZ


Text = Callable[[CloudHost], str]


@pytest.fixture
def well(tmp_path: Path) -> Path:
    file = tmp_path / "well"
    file.touch()
    return file


@pytest.mark.parametrize("text", [classic, self_az, by_az])
def test_each_nat_instance_has_its_own_zone_and_that_of_a_dead_one_until_its_successor_comes(
    cloud: Cloud, make_site, well: Path, text: Text
) -> None:
    world = build(cloud, instances=3, tag_zones=text is not by_az)
    in_a, in_b = world.tables
    first, second, successor = (make_site(host) for host in world.hosts)
    for site in (first, second, successor):
        write(site, filled(text(site.host), well=well), poll_time=POLL)
    first.start(wait=False)
    second.start(wait=False)
    first.wait_for_route(DEFAULT, in_a)
    second.wait_for_route(DEFAULT, in_b)

    first.stop(signal.SIGKILL)
    cloud.ec2.terminate_instances(InstanceIds=[first.host.instance_id])
    second.wait_for_route(DEFAULT, in_a, in_b)

    cloud.forget_calls()
    successor.start()
    successor.wait_for_route(DEFAULT, in_a)
    wait_for_polls(second)
    assert second.verdict(in_a, DEFAULT) == "yield owner-healthy"
    assert second.verdict(in_b, DEFAULT) == "keep ours"
    assert writes(cloud) == all_of("ReplaceRoute", [in_a], DEFAULT, successor.host.interface_id)
    assert cloud.routes(world.main_table) == ""


def test_a_check_that_fails_leaves_a_route_that_is_never_deleted_and_one_that_passes_again_writes_nothing(
    cloud: Cloud, make_site, well: Path
) -> None:
    world = build(cloud, tag_zones=True)
    site = make_site(world.hosts[0])
    write(site, filled(classic(site.host), well=well), poll_time=POLL)
    site.start()
    site.wait_for_route(DEFAULT, *world.tables)
    cloud.forget_calls()
    well.unlink()
    wait_for_verdicts(site, DEFAULT, "keep never-delete", *world.tables)
    wait_for_polls(site)
    well.touch()
    wait_for_verdicts(site, DEFAULT, "keep ours", *world.tables)
    wait_for_polls(site)
    assert writes(cloud) == []
    assert site.stop() == 0
    assert all(cloud.routes(table) == f"{DEFAULT} {site.host.interface_id} active\n" for table in world.tables)
