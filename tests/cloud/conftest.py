"""EC2 is asked under both settings of what AWS leaves open."""

import pytest

from bgp2vpc.demo.cloud.client import Cloud
from bgp2vpc.demo.cloud.values import Quirks
from tests.cloud.ec2_battery.lab import Lab

SETTINGS = {
    "strict": Quirks(stopped_is_blackhole=True, create_same_route_succeeds=False),
    "lenient": Quirks(stopped_is_blackhole=False, create_same_route_succeeds=True, route_quota=50),
}


@pytest.fixture(scope="module", params=SETTINGS)
def quirks(request: pytest.FixtureRequest) -> Quirks:
    return SETTINGS[request.param]


@pytest.fixture(scope="module")
def lab(cloud: Cloud, quirks: Quirks) -> Lab:
    """One lab for all tests of a file; each makes a table of its own."""
    cloud.reset()
    cloud.quirks(quirks)
    return Lab(cloud.ec2, quirks)
