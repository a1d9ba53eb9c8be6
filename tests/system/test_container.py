"""The Dockerfile's image as an orchestrator runs it: read-only, without root and without a capability."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import container
import pytest
import yaml
from container import Container, Storage
from netns import Net

from bgp2vpc import __version__
from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import World
from tests.waiting import eventually

# One worker has this and the tests of the Debian package (tests/suite/order.py): both need a Debian.
pytestmark = pytest.mark.system

NAME = "bgp2vpc:test"
A = "192.0.2.53/32"


@pytest.fixture(scope="module")
def storage(debian_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """With the image in it."""
    if lacks := container.missing():
        pytest.skip("the tests of the container need " + ", ".join(lacks))
    directory = tmp_path_factory.mktemp("container") / "storage"
    made = Storage(directory)
    made.make_base(debian_tree)
    made.build(NAME)
    yield made
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def root(storage: Storage) -> Path:
    """The root directory of a container."""
    return storage.unpack(NAME)


@pytest.fixture
def made(storage: Storage, root: Path, net: Net, cloud: Cloud, world: World, tmp_path: Path) -> Container:
    """A container in the network of the world's first instance; its configuration is in place."""
    made = Container(root, storage.config(NAME), net.host, tmp_path)
    made.environment = cloud.environment(world.hosts[0].instance_id)
    script = f"echo announce route {A} next-hop self; exec cat >/dev/null"
    rule = {"find": {"type": "by_tag", "config": {"key": "type", "value": "private"}}, "accept": ["192.0.2.0/24 le 32"]}
    config = {
        "poll_time": 1.5,
        "settle_time": 1,
        "on_exit": "withdraw",
        "bgp": {"as": 64513, "local_address": net.host_address, "peers": [{"address": "198.18.0.9", "passive": True}]},
        "processes": {"dns": {"run": ["sh", "-c", script]}},
        "routetables": {"private": rule},
    }
    made.file.write_text(yaml.safe_dump(config))
    return made


def test_the_image_says_what_it_is_and_how_it_is_run(storage: Storage) -> None:
    config = storage.config(NAME)
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
    assert (labels["title"], labels["version"], labels["licenses"]) == ("bgp2vpc", __version__, "MIT")
    assert labels["base.name"].endswith("slim-bookworm")
    assert (config["User"], config["StopSignal"]) == ("10179:10179", "SIGTERM")
    assert config["Healthcheck"]["Test"] == ["CMD", "bgp2vpc", "status", "--json"]
    assert [*config["Entrypoint"], *config["Cmd"]] == ["bgp2vpc", "run", "-f", "/etc/bgp2vpc.yaml"]


def test_its_user_owns_the_two_directories_and_nothing_of_the_program(root: Path) -> None:
    found = [Path(top, each) for top, directories, files in os.walk(root) for each in (*directories, *files)]
    own = {f"/{path.relative_to(root)}" for path in found if path.lstat().st_uid == container.USER}
    assert own == {"/run/bgp2vpc", "/var/lib/bgp2vpc"}
    left = {each.name for each in (root / "opt/bgp2vpc/bin").iterdir()}
    assert not left & {"pip", "pip3"}


def test_check_and_doctor(made: Container) -> None:
    assert made.run("version").stdout == f"bgp2vpc {__version__}\n"
    good = made.run("check")
    assert (good.returncode, good.stderr) == (0, "")
    doctor = made.run("doctor", "--json")
    states = {finding["check"]: finding["state"] for finding in json.loads(doctor.stdout)}
    # What the container can tell; the addresses and routes of the host are as the test has made them.
    told = ("metadata", "credentials", "permission", "tables", "exabgp")
    assert {check: states[check] for check in told} == dict.fromkeys(told, "ok"), doctor.stdout
    made.file.write_text("poll_tme: 3\n")
    bad = made.run("check")
    assert bad.returncode == 2
    assert "/etc/bgp2vpc.yaml:1: poll_tme" in bad.stderr


def test_a_daemon(made: Container, world: World, cloud: Cloud) -> None:
    with made:
        for host in world.hosts:
            cloud.wait_for_route(host.table, A, world.hosts[0].interface_id)
        healthcheck = made.execute("bgp2vpc", "status", "--json")
        assert healthcheck.returncode == 0
        status = json.loads(healthcheck.stdout)
        eventually(
            lambda: json.loads(made.execute("bgp2vpc", "status", "--json").stdout)["exabgp"]["state"] == "connected",
            "ExaBGP", made.log,
        )  # fmt: skip
        assert status["ec2_observed"]
        assert made.execute("touch", "/etc/a-file").returncode != 0
        assert made.execute("sh", "-c", "grep CapBnd /proc/1/status").stdout.split()[1] == "0" * 16
        # Drains and holds are kept where a volume is.
        assert made.execute("bgp2vpc", "hold", "192.0.2.54/32").returncode == 0
        assert made.execute("test", "-s", "/var/lib/bgp2vpc/state").returncode == 0
        assert made.stop() == 0, made.log()
    assert [cloud.routes(host.table) for host in world.hosts] == [""] * len(world.hosts)
    assert "Traceback" not in made.log()
