"""The simulated cloud, the instances in two zones, and a temporary directory; all are removed at the end."""

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import External, WorldSpec
from bgp2vpc.demo.instance import PREFIX, DemoInstance

NAMES = "ABC"


class Stage:
    """A context manager. Entering raises CloudError if the cloud does not start.

    `before_clean_up` is called at the start of the clean-up, to block signals. `web`: each instance has a status page.
    """

    def __init__(self, before_clean_up: Callable[[], None], *, web: bool = False) -> None:
        self._before_clean_up = before_clean_up
        self._web = web
        self.directory = Path(tempfile.mkdtemp(prefix="bgp2vpc-demo-"))
        self.instances: list[DemoInstance] = []
        self._cloud: Cloud | None = None

    def __enter__(self) -> Self:
        try:
            self._cloud = Cloud.start()
            self.world = self._cloud.build(WorldSpec(instances=len(NAMES)))
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clean_up()

    @property
    def cloud(self) -> Cloud:
        """The cloud; only within `with`."""
        assert self._cloud is not None
        return self._cloud

    def add_instance(self) -> DemoInstance:
        """Add the next instance and start its daemon, but not its service."""
        number = len(self.instances)
        host = self.world.hosts[number]
        aws = self.cloud.environment(host.instance_id)
        instance = DemoInstance(NAMES[number], host, self.directory, aws, web=self._web)
        self.instances.append(instance)
        instance.start_daemon()
        return instance

    def terminate(self, instance: DemoInstance) -> None:
        """Kill the instance's daemon and service, and have EC2 terminate the instance."""
        instance.kill_daemon()
        instance.kill_service()
        self.cloud.write(External.terminate(instance.host.instance_id))

    def route(self, table_id: str) -> tuple[str, str] | None:
        """Target and state of the table's route for PREFIX; None without a route."""
        for line in self.cloud.routes(table_id).splitlines():
            prefix, target, state, *_ = line.split()
            if prefix == PREFIX:
                return target, state
        return None

    def end_daemons(self) -> dict[str, int]:
        """Send SIGTERM to all running daemons at once, and wait. Returns name -> exit status."""
        running = [instance for instance in self.instances if instance.daemon is not None]
        with ThreadPoolExecutor(len(NAMES)) as threads:
            statuses = threads.map(DemoInstance.end_daemon, running)
            return {instance.name: status for instance, status in zip(running, statuses, strict=True)}

    def _clean_up(self) -> None:
        self._before_clean_up()
        self.end_daemons()
        for instance in self.instances:
            instance.kill_service()
        if self._cloud is not None:
            self._cloud.close()
        shutil.rmtree(self.directory, ignore_errors=True)
