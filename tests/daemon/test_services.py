"""Every service follows the configuration: at the start, at a reload, and to the end."""

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module

import pytest
from lab import Lab

import bgp2vpc
from bgp2vpc.config.model import Bgp, Config
from bgp2vpc.services.service import Service


class Recorder:
    """A service that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def configure(self, config: Config) -> None:
        self.told.append(f"poll_time {config.poll_time:g}")

    async def stop(self) -> None:
        self.told.append("stop")


@pytest.mark.parametrize("kind", ["services", "outer_services"])
def test_a_service_of_the_list_is_configured_at_a_reload_and_stopped_once(
    make_lab: Callable[..., Lab], kind: str
) -> None:
    lab, recorder = make_lab().start(), Recorder()
    setattr(lab.daemon.parts, kind, (*getattr(lab.daemon.parts, kind), recorder))
    lab.reload(poll_time=30.0)
    lab.stop()
    assert recorder.told == ["poll_time 30", "stop"]


def test_whatever_can_be_configured_and_stopped_is_in_the_list(make_lab: Callable[..., Lab]) -> None:
    helper, standalone = make_lab().start(helper=True), make_lab(bgp=Bgp(asn=64513)).start(wait=0)
    parts = helper.daemon.parts, standalone.daemon.parts
    listed = {type(each) for some in parts for each in (*some.services, *some.outer_services)}
    modules = [
        import_module(each.name)
        for room in ("services", "operator", "speaker", "reconcile")
        for each in pkgutil.walk_packages(import_module(f"bgp2vpc.{room}").__path__, f"bgp2vpc.{room}.")
    ]
    services = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__.startswith(bgp2vpc.__name__) and kind is not Service
        if inspect.iscoroutinefunction(getattr(kind, "configure", None))
    }
    assert services == listed
