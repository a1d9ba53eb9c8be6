"""The datacenter's router: BIRD 2 in a network namespace of its own."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Self

import netns

from tests.waiting import PATIENCE, eventually

ROUTER_AS = 64512
HOST_AS_EBGP = 64513

CONFIGURATION = """
log "{directory}/bird.log" all;
router id {router};
flow4 table flow;
protocol device {{}}
protocol static lan4 {{ ipv4; {static4} }}
protocol static lan6 {{ ipv6; {static6} }}

template bgp anycast {{
    passive;                  # two who connect at once lose their first session
    direct;
    error wait time 1, 1;
    connect retry time 1;
}}
protocol bgp host4 from anycast {{
    local {router} as {router_as};
    neighbor {host} as {host_as};
    ipv4 {{ import all; export where source = RTS_STATIC; next hop self; }};
    flow4 {{ table flow; import all; export none; validate off; }};
}}
protocol bgp host6 from anycast {{
    local {router6} as {router_as};
    neighbor {host6} as {host_as};
    ipv6 {{ import all; export where source = RTS_STATIC; next hop self; }};
}}
"""


@dataclass(frozen=True, slots=True)
class Peering:
    """How the host and the router speak: autonomous systems, and what the router announces by itself."""

    host_as: int = ROUTER_AS
    announced: tuple[str, ...] = ()


IBGP, EBGP = Peering(ROUTER_AS), Peering(HOST_AS_EBGP)


class Bird:
    """A running BIRD."""

    def __init__(self, router: netns.Namespace, directory: Path, configuration: str) -> None:
        self._directory = directory
        self._control = directory / "bird.ctl"
        file = directory / "bird.conf"
        file.write_text(configuration, "utf-8")
        self._process = subprocess.Popen(
            router.command(["bird", "-f", "-c", str(file), "-s", str(self._control)]),
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        eventually(self._is_up, "BIRD to answer at its control socket", self.story)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE)

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"BIRD does not start: {self._process.communicate()[1]}")
        return self._control.exists() and "Daemon is up" in self.ask("show status")

    def ask(self, question: str) -> str:
        """What `birdc` answers."""
        return subprocess.run(
            ["birdc", "-r", "-s", str(self._control), *question.split()],
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip

    def tell(self, command: str) -> str:
        """As `ask`, for what changes something."""
        return subprocess.run(
            ["birdc", "-s", str(self._control), *command.split()], capture_output=True, text=True, check=True
        ).stdout

    def routes(self, prefix: str) -> str:
        """What the router knows about exactly this prefix; empty for nothing."""
        answer = self.ask(f"show route {prefix} all")
        return "" if "Network not found" in answer or prefix not in answer else answer

    def prefixes(self) -> set[str]:
        """Everything it learned from the host."""
        lines = self.ask("show route where source = RTS_BGP").splitlines()
        return {line.split()[0] for line in lines if "/" in line.split(" ", 1)[0]}

    def wait_for(self, *prefixes: str) -> None:
        """Until the router has all of these and could forward to them."""
        eventually(
            lambda: all("unicast [host" in self.routes(prefix) for prefix in prefixes),
            f"BIRD to have {' and '.join(prefixes)}", self.story,
        )  # fmt: skip

    def wait_without(self, *prefixes: str) -> None:
        """Until the router has none of these."""
        eventually(
            lambda: not any(self.routes(prefix) for prefix in prefixes),
            f"BIRD to be without {' and '.join(prefixes)}", self.story,
        )  # fmt: skip

    def is_established(self) -> bool:
        """Whether both sessions stand."""
        return self.ask("show protocols").count("Established") == 2

    def wait_established(self) -> None:
        """Until both sessions stand."""
        eventually(self.is_established, "both BGP sessions to be established", self.story)

    def story(self) -> str:
        """What there is to say when something did not happen."""
        log = self._directory / "bird.log"
        tail = "\n".join(log.read_text("utf-8").splitlines()[-20:]) if log.exists() else "no log"
        return f"{self.ask('show protocols')}\n{self.ask('show route')}\n{tail}"


MakeRouter = Callable[[Peering], Bird]


def configuration(net: netns.Net, directory: Path, peering: Peering) -> str:
    """Of the router of one host."""
    statics = {4: "", 6: ""}
    for prefix in peering.announced:
        statics[ip_network(prefix).version] += f"route {prefix} blackhole; "
    return CONFIGURATION.format(
        directory=directory,
        router=net.router_address,
        router6=netns.ROUTER_IPV6,
        router_as=ROUTER_AS,
        host=net.host_address,
        host6=netns.HOST_IPV6,
        host_as=peering.host_as,
        static4=statics[4],
        static6=statics[6],
    )
