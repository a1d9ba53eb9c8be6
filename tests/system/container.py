"""The image that the Dockerfile makes, built by buildah, and containers of it.

No registry is asked. What the Dockerfile starts from is a Debian of mmdebstrap's, under the name that the Dockerfile
asks for; and pip has the wheels of the dependencies in a directory.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import netns
from debian import descendants, until_we_die

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
USER = 10179

# Each byte of it is copied and hashed several times: left out is what no Python needs.
_COPY = """
tar --create --directory="$1" --exclude='./usr/share/[!p]*' --exclude='./usr/share/p[!y]*' --exclude='*/perl*' \\
    --exclude='*/gconv' --exclude='./usr/lib/systemd' --exclude='./usr/lib/udev' --exclude='./var/lib/[ad]*' . |
    tar --extract --directory="$2"
"""

# The root read-only; writable is what compose.yaml and the manifest for Kubernetes have a volume for, with the mode
# that a kubelet gives an emptyDir. Nothing of the host is seen but the configuration and harmless devices.
_INSIDE = """
set -eu
mount --bind "$1" "$1"
: >"$1/etc/bgp2vpc.yaml"
mount --bind "$2" "$1/etc/bgp2vpc.yaml"
mount -o remount,bind,ro "$1/etc/bgp2vpc.yaml"
mount -t proc proc "$1/proc"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for device in null zero full random urandom; do
    : >"$1/dev/$device"
    mount --bind "/dev/$device" "$1/dev/$device"
done
for directory in run/bgp2vpc var/lib/bgp2vpc; do
    mount -t tmpfs -o "mode=2777,gid=$3" tmpfs "$1/$directory"
done
mount -o remount,bind,ro "$1"
root=$1
shift 3
exec chroot "$root" "$@"
"""


def missing() -> list[str]:
    """What this machine lacks, beside what `debian.missing` names."""
    return [] if shutil.which("buildah") else ["buildah (apt-get install buildah)"]


class Storage:
    """buildah's images and containers, below a directory of ours."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        (directory / "registries.conf").write_text('unqualified-search-registries = ["docker.io"]\n')
        (directory / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")

    def make_base(self, tree: Path) -> None:
        """The image that the Dockerfile starts from, of this tree."""
        (name,) = set(re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE))
        container = self._buildah("from", "scratch")
        top = self._buildah("mount", container)
        subprocess.run(["sh", "-c", _COPY, "sh", str(tree), top], check=True)
        self._buildah("commit", "--quiet", "--rm", container, f"docker.io/library/{name}")

    def build(self, name: str) -> None:
        """What `docker build` makes, with no network but a directory of wheels."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        needed = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
        pip = [str(ROOT / ".venv/bin/pip"), "--python", "/usr/bin/python3", "download", "--quiet"]
        _run([*pip, "--dest", str(self._directory / "wheels"), *needed])
        mounts = [f"{self._directory}/{source}:{place}:ro" for source, place in (
            ("wheels", "/wheels"), ("pip.conf", "/etc/pip.conf"),
        )]  # fmt: skip
        options = ["--isolation=chroot", "--pull-never", "--format=docker", *(f"--volume={each}" for each in mounts)]
        self._buildah("bud", *options, "--tag", name, str(ROOT))

    def config(self, name: str) -> dict[str, Any]:
        """How an image wants to be run."""
        found: dict[str, Any] = json.loads(self._buildah("inspect", "--type", "image", name))["Docker"]["config"]
        return found

    def unpack(self, name: str) -> Path:
        """The root directory of a container of this image."""
        return Path(self._buildah("mount", self._buildah("from", "--pull-never", name)))

    def _buildah(self, *words: str) -> str:
        store = [f"--root={self._directory}/root", f"--runroot={self._directory}/run", "--storage-driver=vfs"]
        ours = {"CONTAINERS_REGISTRIES_CONF": f"{self._directory}/registries.conf", "TMPDIR": str(self._directory)}
        return _run(until_we_die(["buildah", *store, *words]), ours).strip()


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


class Container:
    """One of an image, in a host's network: `with` starts what the image runs by itself."""

    def __init__(self, root: Path, config: Mapping[str, Any], host: netns.Namespace, directory: Path) -> None:
        self._root, self._config, self._host, self._directory = root, config, host, directory
        self.file = directory / "bgp2vpc.yaml"
        self.environment: Mapping[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`docker run IMAGE WORDS`, from its begin to its end."""
        return subprocess.run(
            self._command(words), capture_output=True, text=True, check=False, timeout=2 * PATIENCE
        )  # fmt: skip

    def __enter__(self) -> Self:
        with (self._directory / "container.log").open("wb") as log:
            self._process = subprocess.Popen(self._command(self._config["Cmd"]), stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE)

    def execute(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`docker exec CONTAINER WORDS`."""
        enter = ["nsenter", f"--target={self._pid()}", "--mount", "--pid", "--net", "--root", "--wd=/"]
        return subprocess.run(
            [*enter, *self._as_user(words)], capture_output=True, text=True, check=False, timeout=2 * PATIENCE
        )  # fmt: skip

    def stop(self) -> int:
        """`docker stop`; the exit status."""
        assert self._process is not None
        os.kill(self._pid(), signal.Signals[self._config["StopSignal"]])
        return self._process.wait(PATIENCE)

    def log(self) -> str:
        """What it has written to stdout and stderr."""
        return (self._directory / "container.log").read_text()

    def _pid(self) -> int:
        assert self._process is not None
        return next(pid for pid in descendants(self._process.pid) if f"\nUid:\t{USER}\t" in _status(pid))

    def _command(self, words: Sequence[str]) -> list[str]:
        inside = ["sh", "-c", _INSIDE, "sh", str(self._root), str(self.file), str(USER)]
        return self._host.command(until_we_die([*inside, *self._as_user([*self._config["Entrypoint"], *words])]))

    def _as_user(self, words: Sequence[str]) -> list[str]:
        user, group = self._config["User"].split(":")
        nobody = [f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
        nothing = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
        variables = [*self._config["Env"], *(f"{key}={value}" for key, value in self.environment.items())]
        return ["setpriv", *nobody, *nothing, "env", "-i", *variables, *words]


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""
